/** What the composer of a room holds: words, what they answer or edit, files; and sending it all. */

import type { Message, MessageId, Room } from "restante-client";
import { useCallback, useState } from "preact/hooks";
import { useSay, useSession } from "../context.tsx";
import type { Recording } from "./recorder.ts";

/** Characters that a message may hold, at one byte each; the engine counts bytes. */
export const MAX_TEXT = 65_536;

/** Files of one message. */
const MAX_FILES = 10;

/** The name that a voice message has as a file. */
const VOICE_NAMES: Record<string, string> = {
  "audio/webm": "voice.weba",
  "audio/mp4": "voice.m4a",
};

export function useComposer(room: Room) {
  const say = useSay();
  const session = useSession();
  const { messages, rooms } = session.client;
  const kept = () => session.store.get().drafts.get(room.id);
  const [text, setText] = useState(() => kept()?.text ?? "");
  const [reply, setReply] = useState<MessageId | null>(() => kept()?.reply ?? null);
  const [editing, setEditing] = useState<Message | null>(null);
  const [files, setFiles] = useState<readonly File[]>([]);

  /** Words of a new message are a draft; those of an edit are not. */
  const put = (words: string, answered: MessageId | null) => {
    setText(words);
    setReply(answered);
    session.drafts.put(room.id, { text: words, reply: answered });
  };
  const stopEditing = () => {
    setEditing(null);
    setText(kept()?.text ?? "");
    setReply(kept()?.reply ?? null);
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
  const sendNew = async (words: string) => {
    const before = { text, reply, files };
    put("", null);
    setFiles([]);
    const isSent = await session.drafts.leave(room.id, { text: words, reply }, () =>
      session.send(room.id, {
        ...(words === "" ? {} : { text: words }),
        ...(reply === null ? {} : { replyTo: reply }),
        ...(files.length === 0 ? {} : { files: files.map((file) => ({ file })) }),
      }),
    );
    if (isSent) return;
    put(before.text, before.reply);
    setFiles(before.files);
  };
  const sendEdit = async (edited: Message, words: string) => {
    if (words === "") return;
    stopEditing();
    if (words === edited.text) return;
    await session.carryOut(() => messages.edit(room.id, edited.id, words));
  };

  return {
    text,
    reply,
    editing,
    files,
    addFiles,
    removeFile: (file: File) => setFiles(files.filter((one) => one !== file)),
    isEmpty: text.trim() === "" && files.length === 0,
    write(words: string) {
      if (editing) setText(words);
      else put(words, reply);
      tellTyping(words !== "");
    },
    tellTyping,
    answer(message: Message) {
      setEditing(null);
      put(editing ? (kept()?.text ?? "") : text, message.id);
    },
    edit(message: Message) {
      setEditing(message);
      setText(message.text);
      setReply(null);
    },
    /** Leaves an edit, or takes the answer away. */
    cancel() {
      if (editing) stopEditing();
      else put(text, null);
    },
    submit() {
      const words = text.trim();
      if (editing) void sendEdit(editing, words);
      else if (words !== "" || files.length > 0) void sendNew(words);
    },
    sendVoice({ blob, durationMs, levels }: Recording) {
      const name = VOICE_NAMES[blob.type] ?? "voice.ogg";
      put(text, null);
      void session.send(room.id, {
        ...(reply === null ? {} : { replyTo: reply }),
        files: [{ file: blob, name, voice: { durationMs, levels } }],
      });
    },
    /** The last own words that can be edited. */
    lastOwn(): Message | undefined {
      const shown = session.store.get().timeline?.messages ?? [];
      return shown.findLast(
        (message) => message.own && !message.deleted && message.n !== null && message.text !== "",
      );
    },
  };

  /** Lost signals are no loss: the next key makes another. */
  function tellTyping(isTyping: boolean): void {
    rooms.typing(room.id, isTyping).catch(() => undefined);
  }
}

export type ComposerState = ReturnType<typeof useComposer>;
