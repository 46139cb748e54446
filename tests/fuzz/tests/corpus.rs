//! Replays the committed corpus: what the fuzzer found once stays found.

use std::{fs, path::Path};

use restante_fuzz::TARGETS;

#[test]
fn every_target_takes_its_corpus() {
    for target in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(target.name);
        let mut inputs = 0;
        for entry in fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} has none", target.name)) {
            (target.run)(&fs::read(entry.unwrap().path()).unwrap());
            inputs += 1;
        }
        assert!(inputs > 0, "the corpus of {} is empty", target.name);
    }
}

#[test]
fn every_folder_of_the_corpus_belongs_to_a_target() {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            TARGETS.iter().any(|target| target.name == name),
            "{name} has no target"
        );
    }
}
