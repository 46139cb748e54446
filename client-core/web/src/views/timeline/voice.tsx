import { Pause, Play } from "lucide";
import type { Attachment, Message } from "restante-client";
import { useCallback, useEffect, useState } from "preact/hooks";
import { duration } from "../../i18n/dates.ts";
import { sayError } from "../../i18n/index.ts";
import { fileKey } from "../../session/files.ts";
import { Waveform } from "../common/waveform.tsx";
import { IconButton } from "../common/button.tsx";
import { useFile, useSay, useSession } from "../context.tsx";
import { Progress } from "./attachments.tsx";

interface VoiceProps {
  message: Message;
  attachment: Attachment;
  index: number;
}

/** Something spoken: fetched when it is first played. */
export function Voice({ message, attachment, index }: VoiceProps) {
  const say = useSay();
  const session = useSession();
  const { player, files } = session;
  const key = fileKey(message, index);
  const file = useFile(key);
  const playing = usePlaying(key);
  const [isWanted, setWanted] = useState(false);
  const total = attachment.duration_ms ?? 0;
  const play = useCallback(
    (url: string) => player.toggle(key, url, total).catch((error: unknown) => session.fail(error)),
    [player, key, total, session],
  );
  useEffect(() => {
    if (!isWanted || file.state === "fetching") return;
    setWanted(false);
    if (file.state === "here") void play(file.url);
  }, [isWanted, file, play]);
  const press = () => {
    if (file.state === "here") void play(file.url);
    else {
      files.fetch(message, index);
      setWanted(true);
    }
  };
  const isPlaying = playing !== null && !playing.isPaused;
  const at = playing?.position ?? 0;
  return (
    <div class="voice">
      <IconButton
        class="voice-play"
        icon={isPlaying ? Pause : Play}
        label={say(isPlaying ? "voice.pause" : "voice.play")}
        disabled={message.n === null || isWanted}
        onClick={press}
      />
      <div class="voice-body">
        <div class="voice-wave">
          <Waveform levels={attachment.waveform ?? []} position={at} />
          <input
            type="range"
            class="voice-range"
            min={0}
            max={100}
            value={Math.round(at * 100)}
            aria-label={say("voice.position")}
            aria-valuetext={duration(at * total)}
            disabled={playing === null}
            onInput={(event) => player.seek(Number(event.currentTarget.value) / 100)}
          />
        </div>
        <span class="voice-time">{duration(playing ? at * total : total)}</span>
        <Progress message={message} attachment={attachment} index={index} />
        {file.state === "failed" && <p class="field-error">{sayError(say, file.code)}</p>}
      </div>
    </div>
  );
}

function usePlaying(key: string) {
  const { player } = useSession();
  const now = player.get();
  const [, draw] = useState(0);
  useEffect(() => player.subscribe(() => draw((n) => n + 1)), [player]);
  return now?.key === key ? now : null;
}
