import { Mic, Paperclip, Send, Smile, X } from "lucide";
import type { Message, MessageId, Room } from "restante-client";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { messageWords } from "../chats/summary.ts";
import { IconButton } from "../common/button.tsx";
import { EmojiPopover } from "../common/emoji.tsx";
import { useSay, useSession, useView } from "../context.tsx";
import { ChosenFiles } from "./files.tsx";
import { showComposer } from "./handle.ts";
import type { Recording } from "./recorder.ts";
import { VoiceComposer } from "./voice.tsx";

/** Files of one message. */
const MAX_FILES = 10;

/** The name that a voice message has as a file. */
const VOICE_NAMES: Record<string, string> = {
  "audio/webm": "voice.webm",
  "audio/mp4": "voice.m4a",
};

/** Where a message is written: one for each room, with its own draft. */
export function Composer({ room }: { room: Room }) {
  const say = useSay();
  const session = useSession();
  const draft = useView((state) => state.drafts.get(room.id));
  const [text, setText] = useState(() => draft?.text ?? "");
  const [reply, setReply] = useState<MessageId | null>(() => draft?.reply ?? null);
  const [editing, setEditing] = useState<Message | null>(null);
  const [files, setFiles] = useState<readonly File[]>([]);
  const [isRecording, setRecording] = useState(false);
  const input = useRef<HTMLTextAreaElement>(null);
  useGrowing(input, text);

  const write = useCallback(
    (next: string, answered: MessageId | null, isEdit: boolean) => {
      setText(next);
      setReply(answered);
      if (!isEdit) session.drafts.put(room.id, { text: next, reply: answered });
    },
    [session, room.id],
  );
  const stopEditing = () => {
    setEditing(null);
    const kept = session.store.get().drafts.get(room.id);
    setText(kept?.text ?? "");
    setReply(kept?.reply ?? null);
  };
  const addFiles = useCallback(
    (added: readonly File[]) =>
      setFiles((had) => {
        const all = [...had, ...added];
        if (all.length > MAX_FILES) session.say(say("composer.too_many_files"));
        return all.slice(0, MAX_FILES);
      }),
    [session, say],
  );

  useEffect(() => {
    const focus = () => input.current?.focus();
    return showComposer(room.id, {
      focus,
      addFiles,
      reply: (message) => {
        setEditing(null);
        write(editing ? "" : text, message.id, false);
        focus();
      },
      edit: (message) => {
        setEditing(message);
        setText(message.text);
        setReply(null);
        focus();
      },
    });
  }, [room.id, text, editing, write, addFiles]);
  useEffect(() => input.current?.focus(), [room.id]);

  const { messages, rooms } = session.client;
  const submit = async () => {
    const words = text.trim();
    if (editing) {
      const { id } = editing;
      if (words === "") return;
      stopEditing();
      if (words !== editing.text) await session.carryOut(() => messages.edit(room.id, id, words));
      return;
    }
    if (words === "" && files.length === 0) return;
    const wanted = {
      ...(words === "" ? {} : { text: words }),
      ...(reply === null ? {} : { replyTo: reply }),
      ...(files.length === 0 ? {} : { files: files.map((file) => ({ file })) }),
    };
    const before = { text, reply, files };
    write("", null, false);
    setFiles([]);
    if (await session.send(room.id, wanted)) return;
    write(before.text, before.reply, false);
    setFiles(before.files);
  };
  const sendVoice = (recording: Recording) => {
    const { blob, durationMs, levels } = recording;
    const name = VOICE_NAMES[blob.type] ?? "voice.ogg";
    const answered = reply === null ? {} : { replyTo: reply };
    write(text, null, false);
    void session.send(room.id, {
      ...answered,
      files: [{ file: blob, name, voice: { durationMs, levels } }],
    });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, every key is its own; 229 is what some send for it.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void submit();
    } else if (event.key === "Escape" && (editing || reply)) {
      event.preventDefault();
      if (editing) stopEditing();
      else write(text, null, false);
    } else if (event.key === "ArrowUp" && text === "" && !editing) {
      const last = lastOwn(session.store.get().timeline?.messages ?? []);
      if (!last) return;
      event.preventDefault();
      setEditing(last);
      setText(last.text);
    }
  };

  return (
    <div class="composer">
      <About
        room={room}
        reply={reply}
        editing={editing}
        onCancel={() => (editing ? stopEditing() : write(text, null, false))}
      />
      <ChosenFiles
        files={files}
        onRemove={(file) => setFiles(files.filter((one) => one !== file))}
      />
      {isRecording ? (
        <VoiceComposer onSend={sendVoice} onClose={() => setRecording(false)} />
      ) : (
        <form
          class="composer-line"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          {!editing && <AttachButton onFiles={addFiles} />}
          <textarea
            ref={input}
            class="composer-input"
            dir="auto"
            rows={1}
            placeholder={say("composer.placeholder")}
            aria-label={say("composer.label", { title: room.title })}
            value={text}
            onKeyDown={onKeyDown}
            onInput={(event) => {
              write(event.currentTarget.value, reply, editing !== null);
              rooms.typing(room.id, event.currentTarget.value !== "").catch(() => undefined);
            }}
            onBlur={() => {
              if (text !== "") rooms.typing(room.id, false).catch(() => undefined);
            }}
            onPaste={(event) => {
              const pasted = [...(event.clipboardData?.files ?? [])];
              if (pasted.length === 0) return;
              event.preventDefault();
              addFiles(pasted);
            }}
          />
          <EmojiButton
            onChoose={(emoji) => {
              write(insertAt(input.current, text, emoji), reply, editing !== null);
              input.current?.focus();
            }}
          />
          {text.trim() === "" && files.length === 0 && !editing ? (
            <IconButton
              icon={Mic}
              label={say("composer.record")}
              onClick={() => setRecording(true)}
            />
          ) : (
            <IconButton type="submit" class="send" icon={Send} label={say("common.send")} />
          )}
        </form>
      )}
    </div>
  );
}

/** What is answered or edited. */
function About({
  room,
  reply,
  editing,
  onCancel,
}: {
  room: Room;
  reply: MessageId | null;
  editing: Message | null;
  onCancel: () => void;
}) {
  const say = useSay();
  const answered = useView((state) =>
    reply === null || state.timeline?.room !== room.id
      ? null
      : (state.timeline.messages.find((message) => message.id === reply) ?? null),
  );
  const about = editing ?? answered;
  if (!editing && reply === null) return null;
  const title = editing
    ? say("composer.editing")
    : say("composer.replying", {
        name: answered?.own ? say("common.you") : (answered?.sender ?? ""),
      });
  return (
    <div class="composer-about">
      <p>
        <b dir="auto">{title}</b>
        <span dir="auto">{about ? messageWords(about, say) : say("message.original_gone")}</span>
      </p>
      <IconButton
        icon={X}
        size={18}
        label={say(editing ? "composer.cancel_edit" : "composer.cancel_reply")}
        onClick={onCancel}
      />
    </div>
  );
}

function AttachButton({ onFiles }: { onFiles: (files: readonly File[]) => void }) {
  const say = useSay();
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        icon={Paperclip}
        label={say("composer.attach")}
        onClick={() => chooser.current?.click()}
      />
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        tabIndex={-1}
        aria-hidden="true"
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

function EmojiButton({ onChoose }: { onChoose: (emoji: string) => void }) {
  const say = useSay();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconButton
        icon={Smile}
        label={say("composer.emoji")}
        buttonRef={button}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen && (
        <EmojiPopover
          anchor={button.current}
          onClose={() => setOpen(false)}
          onChoose={(emoji) => {
            setOpen(false);
            onChoose(emoji);
          }}
        />
      )}
    </>
  );
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

function lastOwn(messages: readonly Message[]): Message | undefined {
  return messages.findLast(
    (message) => message.own && !message.deleted && message.n !== null && message.text !== "",
  );
}

/** Puts something where the cursor is. */
function insertAt(area: HTMLTextAreaElement | null, text: string, what: string): string {
  const from = area?.selectionStart ?? text.length;
  const to = area?.selectionEnd ?? text.length;
  return text.slice(0, from) + what + text.slice(to);
}
