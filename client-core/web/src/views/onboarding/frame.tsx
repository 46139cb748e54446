import { ArrowLeft } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useSay } from "../context.tsx";
import { IconButton } from "../common/button.tsx";

/** Screens between the page and a home: one card, one thing to do. */
export function Frame({
  title,
  text,
  step,
  onBack,
  children,
}: {
  title: string;
  text: string;
  step?: number;
  onBack?: () => void;
  children: ComponentChildren;
}) {
  const say = useSay();
  const heading = useRef<HTMLHeadingElement>(null);
  // A new screen is read from its beginning.
  useEffect(() => heading.current?.focus(), [title]);
  return (
    <main class="onboarding">
      <section class="card">
        <div class="card-top">
          {onBack && <IconButton icon={ArrowLeft} label={say("common.back")} onClick={onBack} />}
          <img class="card-mark" src="/icon.svg" alt="" width="44" height="44" />
          {step !== undefined && (
            <p class="card-step">{say("welcome.step", { n: step, total: 3 })}</p>
          )}
        </div>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <p class="card-text">{text}</p>
        {children}
      </section>
    </main>
  );
}
