//! Work that takes several answers.

use restante_wire::codec;

use super::Db;
use crate::{
    Error,
    engine::{io::TaskId, tasks::Task},
};

impl Db<'_> {
    pub(crate) fn add_task(self, task: &Task) -> Result<TaskId, Error> {
        self.run(
            "INSERT INTO tasks (task) VALUES (?1)",
            [codec::encode(task)],
        )?;
        Ok(TaskId(self.0.last_insert_rowid()))
    }

    pub(crate) fn task(self, id: TaskId) -> Result<Option<Task>, Error> {
        let bytes: Option<Vec<u8>> =
            self.one("SELECT task FROM tasks WHERE id = ?1", [id.0], |row| {
                row.get(0)
            })?;
        Ok(bytes.map(|bytes| codec::decode(&bytes)).transpose()?)
    }

    pub(crate) fn tasks(self) -> Result<Vec<(TaskId, Task)>, Error> {
        let rows = self.all("SELECT id, task FROM tasks ORDER BY id", [], |row| {
            Ok((TaskId(row.get(0)?), row.get::<_, Vec<u8>>(1)?))
        })?;
        rows.into_iter()
            .map(|(id, task)| Ok((id, codec::decode(&task)?)))
            .collect()
    }

    pub(crate) fn write_task(self, id: TaskId, task: &Task) -> Result<(), Error> {
        self.run(
            "UPDATE tasks SET task = ?2 WHERE id = ?1",
            (id.0, codec::encode(task)),
        )?;
        Ok(())
    }

    pub(crate) fn delete_task(self, id: TaskId) -> Result<(), Error> {
        self.run("DELETE FROM tasks WHERE id = ?1", [id.0])?;
        Ok(())
    }
}
