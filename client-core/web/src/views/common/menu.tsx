import type { IconNode } from "lucide";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { IconButton } from "./button.tsx";
import { Icon } from "./icon.tsx";
import { moveFocus } from "./roving.ts";

export interface MenuItem {
  label: string;
  icon: IconNode;
  danger?: boolean;
  onChoose: () => void;
}

interface MenuProps {
  label: string;
  icon: IconNode;
  items: readonly MenuItem[];
  /** Stands above the items. */
  children?: ComponentChildren;
  size?: number;
}

/** A button that opens a list of actions. The browser closes it by Escape and by a click elsewhere. */
export function Menu({ label, icon, items, children, size }: MenuProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <IconButton
        icon={icon}
        label={label}
        size={size ?? 20}
        buttonRef={button}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
      />
      {isOpen && (
        <Popover anchor={button.current} onClose={() => setOpen(false)}>
          {children}
          <div
            id={id}
            class="menu"
            role="menu"
            tabIndex={-1}
            aria-label={label}
            onKeyDown={(event) => moveFocus(event, event.currentTarget, "[role=menuitem]")}
          >
            {items.map((item) => (
              <button
                key={item.label}
                type="button"
                role="menuitem"
                tabIndex={-1}
                class={item.danger ? "menu-item menu-danger" : "menu-item"}
                onClick={() => {
                  setOpen(false);
                  item.onChoose();
                }}
              >
                <Icon of={item.icon} size={18} />
                {item.label}
              </button>
            ))}
          </div>
        </Popover>
      )}
    </>
  );
}

interface PopoverProps {
  anchor: HTMLElement | null;
  onClose: () => void;
  children: ComponentChildren;
}

/** Space that is kept to the window's edges. */
const EDGE = 8;

/** In the top layer beside its button, inside the window. */
export function Popover({ anchor, onClose, children }: PopoverProps) {
  const element = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const popover = element.current;
    if (!popover || !anchor) return;
    const onToggle = (event: Event) => {
      if ((event as ToggleEvent).newState === "closed") close.current();
    };
    popover.addEventListener("toggle", onToggle);
    popover.showPopover();
    place(popover, anchor);
    const resized = new ResizeObserver(() => place(popover, anchor));
    resized.observe(popover);
    const first = popover.querySelector<HTMLElement>("[role=menuitem], input, button");
    first?.focus();
    return () => {
      popover.removeEventListener("toggle", onToggle);
      resized.disconnect();
      const hadFocus = popover.contains(document.activeElement);
      if (popover.matches(":popover-open")) popover.hidePopover();
      if (hadFocus) anchor.focus();
    };
  }, [anchor]);
  return (
    <div ref={element} class="popover" popover="auto">
      {children}
    </div>
  );
}

function place(popover: HTMLElement, anchor: HTMLElement): void {
  const { width, height } = popover.getBoundingClientRect();
  const at = anchor.getBoundingClientRect();
  const below = at.bottom + 4;
  const fitsBelow = below + height + EDGE <= innerHeight;
  const top = fitsBelow ? below : Math.max(EDGE, at.top - 4 - height);
  const left = Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE));
  popover.style.top = `${top}px`;
  popover.style.left = `${left}px`;
}
