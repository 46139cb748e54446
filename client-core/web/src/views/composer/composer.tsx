import { Mic, Send } from "lucide";
import type { Room } from "restante-client";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "../common/button.tsx";
import { useSay } from "../context.tsx";
import { About } from "./about.tsx";
import { AttachButton, EmojiButton } from "./buttons.tsx";
import { ChosenFiles } from "./files.tsx";
import { showComposer } from "./handle.ts";
import { MentionList, useMentions } from "./mentions.tsx";
import { MAX_TEXT, useComposer } from "./use-composer.ts";
import type { ComposerState } from "./use-composer.ts";
import { VoiceComposer } from "./voice.tsx";

/** Where a message is written: one for each room, with its own draft. */
export function Composer({ room }: { room: Room }) {
  const composer = useComposer(room);
  const input = useRef<HTMLTextAreaElement>(null);
  const [isRecording, setRecording] = useState(false);
  const latest = useRef(composer);
  latest.current = composer;
  useEffect(() => {
    const focus = () => input.current?.focus();
    focus();
    return showComposer(room.id, {
      focus,
      addFiles: (files) => latest.current.addFiles(files),
      reply: (message) => {
        latest.current.answer(message);
        focus();
      },
      edit: (message) => {
        latest.current.edit(message);
        focus();
      },
    });
  }, [room.id]);
  return (
    <div class="composer">
      <About
        room={room}
        reply={composer.reply}
        editing={composer.editing}
        onCancel={composer.cancel}
      />
      <ChosenFiles files={composer.files} onRemove={composer.removeFile} />
      {isRecording ? (
        <VoiceComposer onSend={composer.sendVoice} onClose={() => setRecording(false)} />
      ) : (
        <Line room={room} composer={composer} input={input} onRecord={() => setRecording(true)} />
      )}
    </div>
  );
}

interface LineProps {
  room: Room;
  composer: ComposerState;
  input: { current: HTMLTextAreaElement | null };
  onRecord: () => void;
}

/** The words and the buttons beside them. */
function Line({ room, composer, input, onRecord }: LineProps) {
  const say = useSay();
  const mentions = useMentions(room, input);
  const { text, editing } = composer;
  useGrowing(input, text);
  const write = (words: string, cursor: number) => {
    composer.write(words);
    requestAnimationFrame(() => input.current?.setSelectionRange(cursor, cursor));
  };
  const mention = (name: string) => {
    const done = mentions.take(text, name);
    if (done !== null) write(done.text, done.cursor);
  };
  const insert = (what: string) => {
    const from = input.current?.selectionStart ?? text.length;
    const to = input.current?.selectionEnd ?? text.length;
    write(text.slice(0, from) + what + text.slice(to), from + what.length);
    input.current?.focus();
  };
  const isOffering = mentions.names.length > 0;
  return (
    <>
      {isOffering && (
        <MentionList
          id="mentions"
          names={mentions.names}
          chosen={mentions.chosen}
          onChoose={mention}
        />
      )}
      <form
        class="composer-line"
        onSubmit={(event) => {
          event.preventDefault();
          composer.submit();
        }}
      >
        {!editing && <AttachButton onFiles={composer.addFiles} />}
        <textarea
          ref={input}
          class="composer-input"
          dir="auto"
          rows={1}
          maxLength={MAX_TEXT}
          placeholder={say("composer.placeholder")}
          aria-label={say("composer.label", { title: room.title })}
          aria-controls={isOffering ? "mentions" : undefined}
          aria-activedescendant={isOffering ? `mentions-${mentions.chosen}` : undefined}
          value={text}
          onKeyDown={(event) => {
            // While an input method composes, every key is its own; 229 is what some send for it.
            if (event.isComposing || event.keyCode === 229) return;
            const name = mentions.key(event.key);
            if (typeof name === "string") mention(name);
            else if (name === undefined && !ownKey(event, composer)) return;
            event.preventDefault();
          }}
          onInput={(event) => {
            composer.write(event.currentTarget.value);
            mentions.look(event.currentTarget);
          }}
          onBlur={() => {
            mentions.close();
            if (text !== "") composer.tellTyping(false);
          }}
          onPaste={(event) => {
            const pasted = pastedFiles(event.clipboardData, text);
            if (pasted.length === 0) return;
            event.preventDefault();
            composer.addFiles(pasted);
          }}
        />
        <EmojiButton onChoose={insert} />
        {composer.isEmpty && !editing ? (
          <IconButton icon={Mic} label={say("composer.record")} onClick={onRecord} />
        ) : (
          <IconButton type="submit" class="send" icon={Send} label={say("common.send")} />
        )}
      </form>
    </>
  );
}

/** What is pasted as files: those there are, or words that no message holds beside what is written. */
function pastedFiles(pasted: DataTransfer | null, written: string): readonly File[] {
  const files = [...(pasted?.files ?? [])];
  const words = pasted?.getData("text/plain") ?? "";
  if (files.length > 0 || written.length + words.length <= MAX_TEXT) return files;
  return [new File([words], "text.txt", { type: "text/plain" })];
}

/** Keys that do something else than writing; says whether it was one. */
function ownKey(event: KeyboardEvent, composer: ComposerState): boolean {
  const { text, editing, reply } = composer;
  if (event.key === "Enter" && !event.shiftKey) {
    composer.submit();
    return true;
  }
  if (event.key === "Escape" && (editing || reply)) {
    composer.cancel();
    return true;
  }
  if (event.key === "ArrowUp" && text === "" && !editing) {
    const last = composer.lastOwn();
    if (!last) return false;
    composer.edit(last);
    return true;
  }
  return false;
}

/** As high as its text, up to what the style sheet allows. */
function useGrowing(input: { current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const area = input.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }, [input, text]);
}
