import { memo } from "preact/compat";
import type { Notice } from "restante-client";
import type { Say } from "../../i18n/index.ts";
import type { Row } from "../../state/rows.ts";
import { useDates, useNow, useSay } from "../context.tsx";
import { MessageRow } from "./message.tsx";

interface RowProps {
  row: Row;
  /** Where Tab enters the timeline. */
  isStop: boolean;
  isFlashed: boolean;
}

/** One row of the timeline; drawn again only if it changed. */
export const TimelineRow = memo(
  function TimelineRow({ row, isStop, isFlashed }: RowProps) {
    switch (row.kind) {
      case "beginning":
        return <Beginning />;
      case "day":
        return <Day time={row.time} />;
      case "unread":
        return <Unread />;
      case "notice":
        return <NoticeRow notice={row.notice} />;
      case "message":
        return <MessageRow row={row} isStop={isStop} isFlashed={isFlashed} />;
    }
  },
  (a, b) => a.isStop === b.isStop && a.isFlashed === b.isFlashed && isSame(a.row, b.row),
);

function isSame(a: Row, b: Row): boolean {
  if (a.kind === "message" && b.kind === "message") {
    return a.message === b.message && a.follows === b.follows && a.goesOn === b.goesOn;
  }
  return a.kind === b.kind && a.key === b.key;
}

function Beginning() {
  const say = useSay();
  return <p class="timeline-beginning">{say("timeline.beginning")}</p>;
}

function Day({ time }: { time: number }) {
  const dates = useDates();
  const now = useNow();
  return (
    <div class="day">
      <span>{dates.day(time, now)}</span>
    </div>
  );
}

function Unread() {
  const say = useSay();
  return (
    <div class="unread-line">
      <span>{say("timeline.new")}</span>
    </div>
  );
}

function NoticeRow({ notice }: { notice: Notice }) {
  const say = useSay();
  const words = sayNotice(notice, say);
  if (words === null) return <div />;
  return (
    <p class="notice" dir="auto">
      {words}
    </p>
  );
}

/** What happened; nothing for kinds that a newer client tells of. */
export function sayNotice(notice: Notice, say: Say): string | null {
  const name = notice.own ? say("common.you") : notice.by;
  const people = notice.people.join(", ");
  switch (notice.kind) {
    case "renamed":
      return say("notice.renamed", { name, title: notice.title ?? "" });
    case "added":
      return say("notice.added", { name, people });
    case "removed":
      return say("notice.removed", { name, people });
    case "promoted":
      return say("notice.promoted", { name, people });
    case "demoted":
      return say("notice.demoted", { name, people });
    case "picture_changed":
      return say("notice.picture_changed", { name });
    case "picture_removed":
      return say("notice.picture_removed", { name });
    case "policy_changed":
      return say("notice.policy_changed", { name });
    case "left":
      return say("notice.left", { name });
    default:
      return null;
  }
}
