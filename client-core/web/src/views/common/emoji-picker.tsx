import type { EmojiData, EmojiPickerListRowProps } from "frimousse";
import { EmojiPicker } from "frimousse";
import type { Language } from "../../state/preferences.ts";
import { useSay, useView } from "../context.tsx";

/** All emoji, to look through and to search in the person's language. */
export default function Picker({ onChoose }: { onChoose: (emoji: string) => void }) {
  const say = useSay();
  const language = useView((state) => state.preferences.language);
  return (
    <EmojiPicker.Root
      class="emoji"
      columns={9}
      locale={language}
      resolveEmojiData={() => load(language)}
      onEmojiSelect={({ emoji }) => onChoose(emoji)}
    >
      <EmojiPicker.Search
        class="emoji-search"
        placeholder={say("emoji.search")}
        aria-label={say("emoji.search")}
      />
      <EmojiPicker.Viewport class="emoji-viewport" tabIndex={0}>
        <EmojiPicker.Loading class="emoji-note">{say("emoji.loading")}</EmojiPicker.Loading>
        <EmojiPicker.Empty class="emoji-note">{say("emoji.nothing")}</EmojiPicker.Empty>
        <EmojiPicker.List class="emoji-list" components={{ Row }} />
      </EmojiPicker.Viewport>
    </EmojiPicker.Root>
  );
}

/** Rows count from one in ARIA; the list says where each is by its place. */
function Row(props: EmojiPickerListRowProps) {
  return <div {...props} aria-rowindex={undefined} />;
}

/** Letters of flags and parts of other emoji, which nobody looks for. */
const COMPONENTS = 2;

async function load(language: Language): Promise<EmojiData> {
  const [emoji, words] =
    language === "zh"
      ? await Promise.all([
          import("emojibase-data/zh/compact.json"),
          import("emojibase-data/zh/messages.json"),
        ])
      : await Promise.all([
          import("emojibase-data/en/compact.json"),
          import("emojibase-data/en/messages.json"),
        ]);
  return {
    locale: language,
    emojis: emoji.default.flatMap(({ unicode, label, group, tags }) =>
      group === undefined || group === COMPONENTS
        ? []
        : [{ emoji: unicode, label, category: group, version: 0, tags: tags ?? [] }],
    ),
    categories: words.default.groups
      .filter(({ order }) => order !== COMPONENTS)
      .map(({ order, message }) => ({ index: order, label: message })),
    skinTones: { dark: "", light: "", medium: "", "medium-dark": "", "medium-light": "" },
  };
}
