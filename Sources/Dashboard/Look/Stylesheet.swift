/// The look: system fonts, calm colours in light and dark, nothing from elsewhere.
enum Stylesheet {
    static let text = colours + frame + Self.parts + Self.narrow

    /// Each pair of ink and ground has a contrast of 4.5:1 or more (WCAG 2.2, 1.4.3).
    private static let light = """
        color-scheme: light;
        --paper: #f6f4ee; --surface: #fffefb; --raised: #ffffff;
        --ink: #24221d; --quiet: #5b574d; --line: #e3ded2; --edge: #8c8677;
        --accent: #17594a; --accent-ink: #ffffff; --accent-soft: #e4f0ea;
        --good: #1b6540; --good-soft: #e3f2e8; --warn: #744900; --warn-soft: #fcefcf;
        --bad: #9d2429; --bad-soft: #fce6e3; --idle: #565248; --idle-soft: #edeae1;
        --gold: #b98a2f; --chart: #17594a; --chart-soft: #17594a22; --chart-bad: #9d2429; --chart-bad-soft: #9d242922;
        --shadow: 0 1px 2px #2b271b14, 0 6px 20px #2b271b0d;
        """

    private static let dark = """
        color-scheme: dark;
        --paper: #141714; --surface: #1c201c; --raised: #252a25;
        --ink: #eeebe3; --quiet: #b5b1a5; --line: #343a33; --edge: #848a7f;
        --accent: #93d6bb; --accent-ink: #0d211a; --accent-soft: #1f3a31;
        --good: #93dbb0; --good-soft: #1b3425; --warn: #f3ca7b; --warn-soft: #3b2e12;
        --bad: #ffa8a1; --bad-soft: #462322; --idle: #c0bcb0; --idle-soft: #2d312c;
        --gold: #d9b36a; --chart: #93d6bb; --chart-soft: #93d6bb2b; --chart-bad: #ffa8a1; --chart-bad-soft: #ffa8a12b;
        --shadow: 0 1px 2px #0006, 0 6px 20px #0004;
        """

    private static let colours = """
        :root { \(light) }
        @media (prefers-color-scheme: dark) { :root { \(dark) } }
        :root[data-theme="light"] { \(light) }
        :root[data-theme="dark"] { \(dark) }

        """

    private static let frame = """
        *, *::before, *::after { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; scroll-padding-top: 5rem; }
        body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Cantarell, sans-serif; font-variant-numeric: tabular-nums; }
        h1, h2, h3 { line-height: 1.2; margin: 0; font-weight: 650; letter-spacing: -.011em; text-wrap: balance; }
        h1 { font-size: clamp(1.75rem, 1.3rem + 1.6vw, 2.375rem); }
        h2 { font-size: 1.1875rem; margin-block: 2.25rem .75rem; }
        h3 { font-size: 1.0625rem; }
        p, ul, ol, dl, figure { margin: 0; padding: 0; }
        p { text-wrap: pretty; }
        a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: 1px; }
        a:hover { text-decoration-thickness: 2px; }
        code, pre, .code { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .9em; overflow-wrap: anywhere; }
        h1.code { font-size: clamp(1.375rem, 1.1rem + 1.2vw, 1.875rem); }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 6px; }
        main:focus { outline: none; }
        .unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        .skip { position: absolute; left: 1rem; top: -5rem; z-index: 9; background: var(--accent); color: var(--accent-ink); padding: .75rem 1rem; border-radius: 0 0 8px 8px; }
        .skip:focus { top: 0; }
        .quiet { color: var(--quiet); }
        .lead { color: var(--quiet); font-size: 1.0625rem; }
        .top { display: flex; align-items: center; gap: 1rem; padding: .75rem clamp(1rem, 3vw, 2rem); background: var(--surface); border-bottom: 1px solid var(--line); position: sticky; top: 0; z-index: 5; }
        .brand { margin-right: auto; display: inline-flex; align-items: center; gap: .625rem; min-height: 44px; color: var(--ink); text-decoration: none; font-weight: 700; font-size: 1.125rem; letter-spacing: -.01em; }
        .brand img { border-radius: 7px; display: block; }
        .live { display: inline-flex; align-items: center; gap: .5rem; font-size: .875rem; color: var(--quiet); }
        .live[hidden] { display: none; }
        .dot { width: .625rem; height: .625rem; border-radius: 50%; border: 2px solid var(--edge); }
        .live[data-state="live"] .dot { background: var(--good); border-color: var(--good); }
        .live[data-state="poll"] .dot { background: var(--gold); border-color: var(--gold); }
        .live[data-state="lost"] .dot { border-color: var(--bad); border-radius: 0; transform: rotate(45deg); }
        .menu { display: none; position: relative; }
        .frame { display: grid; grid-template-columns: 14rem minmax(0, 1fr); max-width: 84rem; margin-inline: auto; }
        .side { padding: 1.5rem 0 1.5rem clamp(.5rem, 2vw, 1.25rem); }
        .side ul { position: sticky; top: 5.5rem; }
        nav ul { list-style: none; }
        .side a, .menu a { display: flex; align-items: center; gap: .75rem; min-height: 44px; padding: .375rem .875rem; border-radius: 10px; color: var(--quiet); text-decoration: none; font-weight: 500; }
        .side a:hover, .menu a:hover { background: var(--idle-soft); color: var(--ink); }
        .side a[aria-current], .menu a[aria-current] { background: var(--accent-soft); color: var(--accent); font-weight: 650; }
        nav svg { width: 1.25rem; height: 1.25rem; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; flex: none; }
        main { padding: 1.75rem clamp(1rem, 3vw, 2.25rem) 4rem; min-height: 70vh; min-width: 0; }
        .head { display: grid; gap: .375rem; justify-items: start; margin-bottom: 1.25rem; }
        .crumb { margin-bottom: .25rem; } .crumb a { display: inline-flex; align-items: center; min-height: 44px; } .crumb a::before { content: "‹"; margin-right: .375rem; }
        .foot { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1.5rem; padding: 1rem clamp(1rem, 3vw, 2rem); border-top: 1px solid var(--line); color: var(--quiet); font-size: .875rem; }
        .foot > p { margin-right: auto; }
        .themes { display: flex; align-items: center; gap: .625rem; }
        .choices { display: inline-flex; border: 1px solid var(--edge); border-radius: 10px; overflow: hidden; }
        .choices button { min-height: 44px; min-width: 52px; padding: 0 .75rem; border: 0; background: none; color: var(--quiet); font: inherit; cursor: pointer; }
        .choices button + button { border-left: 1px solid var(--edge); }
        .choices button[aria-pressed="true"] { background: var(--accent); color: var(--accent-ink); font-weight: 600; }
        .choices button:focus-visible { outline-offset: -4px; outline-color: currentColor; }
        .door { display: grid; min-height: 100vh; place-items: center; }
        .door main { width: min(27rem, 100%); text-align: center; padding: 2rem 1.25rem; }
        .door main > img { display: block; margin: 0 auto 1rem; border-radius: 16px; }
        .door .lead { margin: .375rem 0 1.75rem; }
        .door form { text-align: left; padding: 1.5rem; }
        .door .notice { text-align: left; }

        """
}
