import { CircleStop, Send, Trash2 } from "lucide";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { duration } from "../../i18n/dates.ts";
import { IconButton } from "../common/button.tsx";
import { Waveform } from "../common/waveform.tsx";
import { useSay, useSession } from "../context.tsx";
import { Recorder } from "./recorder.ts";
import type { Recording } from "./recorder.ts";

interface VoiceComposerProps {
  onSend: (recording: Recording) => void;
  onClose: () => void;
}

/** Records, then lets the person listen before it is sent. */
export function VoiceComposer({ onSend, onClose }: VoiceComposerProps) {
  const say = useSay();
  const session = useSession();
  const recorder = useRef<Recorder | null>(null);
  const [live, setLive] = useState<{ levels: readonly number[]; ms: number }>({
    levels: [],
    ms: 0,
  });
  const [done, setDone] = useState<Recording | null>(null);
  useEffect(() => {
    let isGone = false;
    Recorder.start((levels, ms) => setLive({ levels: levels.slice(-48), ms })).then(
      (started) => {
        if (isGone) started.discard();
        else recorder.current = started;
      },
      () => {
        session.say(say("voice.denied"));
        onClose();
      },
    );
    return () => {
      isGone = true;
      recorder.current?.discard();
    };
    // Once: the microphone is asked for when this is shown.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  const stop = async () => {
    const running = recorder.current;
    recorder.current = null;
    if (running) setDone(await running.stop());
  };
  const send = async () => {
    const running = recorder.current;
    recorder.current = null;
    const recording = done ?? (running ? await running.stop() : null);
    if (recording) onSend(recording);
    onClose();
  };
  return (
    <div class="composer-voice">
      <IconButton icon={Trash2} label={say("voice.discard")} onClick={onClose} />
      {done ? (
        <Preview recording={done} />
      ) : (
        <>
          <span class="recording" role="status" aria-label={say("voice.recording")} />
          <span class="voice-time">{duration(live.ms)}</span>
          <Waveform levels={live.levels} position={1} />
          <IconButton icon={CircleStop} label={say("voice.stop")} onClick={() => void stop()} />
        </>
      )}
      <IconButton class="send" icon={Send} label={say("common.send")} onClick={() => void send()} />
    </div>
  );
}

function Preview({ recording }: { recording: Recording }) {
  const url = useMemo(() => URL.createObjectURL(recording.blob), [recording]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return (
    // What one has just said oneself needs no captions.
    // oxlint-disable-next-line jsx-a11y/media-has-caption
    <audio class="voice-preview" src={url} controls />
  );
}
