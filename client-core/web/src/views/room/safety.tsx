import { useEffect, useMemo, useState } from "preact/hooks";
import { encode } from "uqr";
import { CopyButton } from "../common/copy.tsx";
import { Dialog } from "../common/dialog.tsx";
import { useSay, useSession } from "../context.tsx";

interface SafetyProps {
  username: string;
  onClose: () => void;
}

/** Sixty digits in groups of five, and the same as a picture. */
export function SafetyNumber({ username, onClose }: SafetyProps) {
  const say = useSay();
  const session = useSession();
  const [digits, setDigits] = useState<string | null>(null);
  useEffect(() => {
    session.client.contacts.safetyNumber(username).then(setDigits, (error: unknown) => {
      session.fail(error);
      onClose();
    });
  }, [session, username, onClose]);
  const groups = digits?.replace(/\D/g, "").match(/\d{1,5}/g) ?? [];
  return (
    <Dialog title={say("safety.title")} onClose={onClose}>
      <p>{say("safety.text", { name: username })}</p>
      {digits !== null && (
        <>
          <QrCode text={groups.join("")} label={say("safety.qr")} />
          <ol class="safety" dir="ltr">
            {groups.map((group, at) => (
              // A group is its place.
              // oxlint-disable-next-line react/no-array-index-key
              <li key={at}>{group}</li>
            ))}
          </ol>
          <CopyButton text={groups.join(" ")} />
        </>
      )}
    </Dialog>
  );
}

/** Dark on light in both themes: scanners expect that. */
function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = useMemo(() => encode(text, { ecc: "M", border: 4 }), [text]);
  const path = data
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" shape-rendering="crispEdges" />
    </svg>
  );
}
