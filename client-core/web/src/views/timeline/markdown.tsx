/**
 * Markdown of messages as elements. Nothing of a message ever becomes markup: the parser's tokens are
 * turned into the few elements below one by one, and what is not among them, HTML included, is shown
 * as it was written. Images are links: fetching one would tell its server who reads.
 */

import type { Token, Tokens } from "marked";
import { Lexer } from "marked";
import type { ComponentChildren } from "preact";

/** Longer texts are shown as they are: no parser should see a megabyte of brackets. */
const MAX_PARSED = 20_000;

/** Quotes and lists inside of each other; deeper ones are shown as they are. */
const MAX_DEPTH = 8;

/** Links that may be opened. */
const SCHEMES = new Set(["https:", "http:", "mailto:", "tel:"]);

export function Markdown({ text }: { text: string }) {
  const tokens = parse(text);
  if (!tokens) return <p class="plain">{text}</p>;
  return <>{blocks(tokens, 0)}</>;
}

function parse(text: string): Token[] | null {
  if (text.length > MAX_PARSED) return null;
  try {
    return new Lexer({ gfm: true, breaks: true }).lex(text);
  } catch {
    // Nested beyond the parser's stack.
    return null;
  }
}

function blocks(tokens: readonly Token[], depth: number): ComponentChildren {
  return tokens.map((token) => block(token as Tokens.Generic, depth));
}

function block(token: Tokens.Generic, depth: number): ComponentChildren {
  if (depth > MAX_DEPTH) return <p class="plain">{token.raw}</p>;
  switch (token.type) {
    case "space":
      return null;
    case "paragraph":
      return <p>{inline(token.tokens, depth)}</p>;
    case "heading":
      return <p class="heading">{inline(token.tokens, depth)}</p>;
    case "text":
      return token.tokens ? inline(token.tokens, depth) : plain(token);
    case "blockquote":
      return <blockquote>{blocks(token.tokens ?? [], depth + 1)}</blockquote>;
    case "code":
      return (
        // Long lines are scrolled, which the keyboard needs a stop for.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre tabIndex={0}>
          <code dir="ltr">{plain(token)}</code>
        </pre>
      );
    case "list":
      return list(token as Tokens.List, depth);
    case "hr":
      return <hr />;
    default:
      return <p class="plain">{token.raw}</p>;
  }
}

function list(token: Tokens.List, depth: number): ComponentChildren {
  const items = token.items.map((item) => (
    <li key={item.raw}>
      {item.task && (
        <input type="checkbox" checked={item.checked === true} disabled aria-label="" />
      )}
      {blocks(item.tokens, depth + 1)}
    </li>
  ));
  return token.ordered ? <ol start={Number(token.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function inline(tokens: readonly Token[] | undefined, depth: number): ComponentChildren {
  return (tokens ?? []).map((token) => span(token as Tokens.Generic, depth + 1));
}

function span(token: Tokens.Generic, depth: number): ComponentChildren {
  if (depth > MAX_DEPTH * 2) return token.raw;
  switch (token.type) {
    case "text":
      return token.tokens ? inline(token.tokens, depth) : plain(token);
    case "escape":
      return plain(token);
    case "strong":
      return <strong>{inline(token.tokens, depth)}</strong>;
    case "em":
      return <em>{inline(token.tokens, depth)}</em>;
    case "del":
      return <del>{inline(token.tokens, depth)}</del>;
    case "codespan":
      return <code dir="ltr">{plain(token)}</code>;
    case "br":
      return <br />;
    case "link":
    case "image":
      return link(token, depth);
    default:
      return token.raw;
  }
}

/** The words of a token, as typed. */
function plain(token: Tokens.Generic): string {
  return typeof token["text"] === "string" ? token["text"] : token.raw;
}

function link(token: Tokens.Generic, depth: number): ComponentChildren {
  const words = token.tokens ? inline(token.tokens, depth) : plain(token);
  const target = safeTarget(String(token["href"] ?? ""));
  if (!target) return token.raw;
  return (
    <a href={target} target="_blank" rel="noopener noreferrer nofollow" title={target}>
      {words}
    </a>
  );
}

/** An address that may be opened; none for anything that could run here. */
export function safeTarget(written: string): string | null {
  try {
    const url = new URL(written);
    return SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
