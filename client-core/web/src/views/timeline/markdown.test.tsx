import { renderToString } from "preact-render-to-string";
import { describe, expect, it } from "vitest";
import { Markdown, safeTarget } from "./markdown.tsx";

const html = (text: string) => renderToString(<Markdown text={text} />);

describe("Markdown of messages", () => {
  it("becomes a few elements", () => {
    expect(html("**a** _b_ ~~c~~ `d`")).toBe(
      '<p><strong>a</strong> <em>b</em> <del>c</del> <code dir="ltr">d</code></p>',
    );
    expect(html("- a\n- b")).toBe("<ul><li>a</li><li>b</li></ul>");
    expect(html("a\nb")).toBe("<p>a<br/>b</p>");
  });

  it("never becomes markup that somebody wrote", () => {
    const hostile = [
      "<script>alert(1)</script>",
      '<img src=x onerror="alert(1)">',
      "a <b onclick=x>b</b> c",
      "<svg><style>*{}</style></svg>",
      "[x](javascript:alert(1))",
      "[x](data:text/html,<script>alert(1)</script>)",
      "![x](https://tracker.example/p.png)",
      '<https://example.org/"onmouseover=alert(1)>',
    ];
    for (const text of hostile) {
      const made = html(text);
      expect(made, text).not.toMatch(/<(?!\/?(?:p|a|br|em|strong|del|code)\b)/);
      expect(made, text).not.toMatch(/href="(?:javascript|data)/);
      expect(made, text).not.toMatch(/<[^>]* on\w+=/);
    }
  });

  it("shows what it cannot read as it was written", () => {
    const nested = ">".repeat(5000);
    expect(html(nested).length).toBeGreaterThan(5000);
    expect(html("[".repeat(30_000))).toContain("[".repeat(30_000));
  });

  it("opens addresses of the web and of mail only", () => {
    expect(safeTarget("https://example.org")).toBe("https://example.org/");
    expect(safeTarget("mailto:a@example.org")).toBe("mailto:a@example.org");
    for (const bad of [
      "javascript:alert(1)",
      "JaVaScRiPt:x",
      "data:,x",
      "blob:x",
      "file:///x",
      "/x",
    ]) {
      expect(safeTarget(bad), bad).toBeNull();
    }
  });
});
