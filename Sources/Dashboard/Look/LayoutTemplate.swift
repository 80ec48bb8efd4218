/// What stands around every page.
enum LayoutTemplate {
    static let layout = """
        <!doctype html>
        <html lang="en" data-theme="{{theme}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>{{title}} – Usher</title>
        <link rel="stylesheet" href="{{stylesheet}}">
        <link rel="icon" type="image/svg+xml" href="{{icon}}">
        <script src="{{script}}" defer></script>
        </head>
        <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
        <a class="brand" href="/"><img src="{{icon}}" alt="" width="28" height="28"><span>Usher</span></a>
        <p class="live" id="live" data-state="off" hidden><span class="dot" aria-hidden="true"></span><span id="live-text">Connecting</span></p>
        <details class="menu" id="menu"><summary>Menu</summary>
        <nav aria-label="Menu"><ul>{{#links}}<li><a href="{{path}}"{{#isCurrent}} aria-current="page"{{/isCurrent}}><svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{{icon}}"/></svg>{{label}}</a></li>{{/links}}</ul></nav>
        </details>
        </header>
        <div class="frame">
        <nav class="side" aria-label="Dashboard"><ul>{{#links}}<li><a href="{{path}}"{{#isCurrent}} aria-current="page"{{/isCurrent}}><svg viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{{icon}}"/></svg>{{label}}</a></li>{{/links}}</ul></nav>
        <main id="main" tabindex="-1">
        {{#notice}}<div class="notice {{tone}}" role="{{role}}"><span class="sign" aria-hidden="true">{{icon}}</span><p><strong>{{text}}</strong>{{#detail}} {{.}}{{/detail}}</p></div>{{/notice}}
        <div class="notice bad" id="lost" role="status" hidden><span class="sign" aria-hidden="true">✕</span><p id="lost-text"></p></div>
        {{{content}}}
        </main>
        </div>
        <footer class="foot">
        <p>Signed in for {{who}}.</p>
        <form method="post" action="/theme" class="themes"><input type="hidden" name="back" value="{{back}}"><span id="theme-label">Colours</span><span class="choices" role="group" aria-labelledby="theme-label">{{#themes}}<button name="theme" value="{{value}}"{{#isCurrent}} aria-pressed="true"{{/isCurrent}}{{^isCurrent}} aria-pressed="false"{{/isCurrent}}>{{label}}</button>{{/themes}}</span></form>
        <form method="post" action="/sign-out"><input type="hidden" name="form_token" value="{{signOutToken}}"><button class="button quiet">Sign out</button></form>
        </footer>
        <p class="unseen" id="announce" role="status" aria-live="polite"></p>
        </body>
        </html>
        """

    static let signIn = """
        <!doctype html>
        <html lang="en" data-theme="{{theme}}">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>Sign in – Usher</title>
        <link rel="stylesheet" href="{{stylesheet}}">
        <link rel="icon" type="image/svg+xml" href="{{icon}}">
        </head>
        <body class="door">
        <main id="main">
        <img src="{{icon}}" alt="" width="64" height="64">
        <h1>Usher</h1>
        <p class="lead">Everything a wedding hangs on, watched in one place.</p>
        {{#done}}<div class="notice good" role="status"><span class="sign" aria-hidden="true">✓</span><p>{{.}}</p></div>{{/done}}
        {{#problem}}<div class="notice bad" role="alert" id="problem"><span class="sign" aria-hidden="true">✕</span><p>{{.}}</p></div>{{/problem}}
        <form method="post" action="/sign-in" class="card stack">
        <input type="hidden" name="next" value="{{next}}">
        <label for="key">API key</label>
        <input id="key" name="key" type="password" required autocomplete="current-password" autocapitalize="off" spellcheck="false" placeholder="ushk_…" aria-describedby="key-help{{#problem}} problem{{/problem}}"{{#problem}} aria-invalid="true"{{/problem}}>
        <p class="help" id="key-help">Who runs Usher has it. <code>usher demo</code> keeps one in <code>usher-data/admin.key</code>.</p>
        <button class="button">Sign in</button>
        </form>
        </main>
        </body>
        </html>
        """

    static let problem = """
        <section class="empty tall"><p class="status-code" aria-hidden="true">{{status}}</p><h1>{{title}}</h1>{{#detail}}<p>{{.}}</p>{{/detail}}<p><a class="button" href="/">Go to Today</a></p></section>
        """
}
