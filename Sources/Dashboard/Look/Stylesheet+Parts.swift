extension Stylesheet {
    /// Cards, lists, badges, charts and forms.
    static let parts = """
        .card { background: var(--surface); border: 1px solid var(--line); border-radius: 16px; padding: 1.125rem 1.25rem; box-shadow: var(--shadow); min-width: 0; }
        .card > h2:first-child { margin-top: 0; }
        .card h3:not(:first-child) { margin-block: 1.25rem .5rem; }
        .grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(21rem, 100%), 1fr)); }
        .columns { display: grid; gap: 1rem; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); align-items: start; }
        .stack { display: grid; gap: .5rem; justify-items: stretch; }
        .stack > .button { margin-top: .5rem; justify-self: start; }
        .sign { font-weight: 700; }
        .badge { display: inline-flex; align-items: center; gap: .375rem; padding: .1875rem .625rem; border-radius: 99px; font-size: .8125rem; font-weight: 600; line-height: 1.4; white-space: nowrap; background: var(--idle-soft); color: var(--idle); }
        .badge .sign { font-size: .75rem; }
        .badge.good { background: var(--good-soft); color: var(--good); }
        .badge.warn { background: var(--warn-soft); color: var(--warn); }
        .badge.bad { background: var(--bad-soft); color: var(--bad); }
        .badge.live { background: var(--accent-soft); color: var(--accent); }
        .banner, .notice { display: flex; gap: .875rem; align-items: flex-start; padding: 1rem 1.25rem; border-radius: 16px; border: 1px solid transparent; margin-bottom: 1.25rem; }
        .notice[hidden] { display: none; }
        .banner p { font-size: 1.125rem; font-weight: 550; }
        .banner .sign, .notice > .sign { display: grid; place-items: center; flex: none; width: 1.75rem; height: 1.75rem; border-radius: 50%; border: 2px solid currentColor; font-size: .875rem; }
        .banner.good, .notice.good { background: var(--good-soft); color: var(--good); }
        .banner.warn, .notice.warn { background: var(--warn-soft); color: var(--warn); }
        .banner.bad, .notice.bad { background: var(--bad-soft); color: var(--bad); }
        .notice h2 { margin: 0; font-size: 1.0625rem; } .notice.plain { background: var(--idle-soft); color: var(--ink); margin: .875rem 0 0; }
        .notice.plain .button { margin-top: .75rem; }
        .rows { list-style: none; }
        .card.rows { padding-block: .25rem; }
        .rows > li, .rows > .row { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .25rem 1rem; align-items: center; padding: .8125rem 0; border-top: 1px solid var(--line); }
        .rows > :first-child { border-top: 0; }
        .rows p { overflow-wrap: anywhere; }
        .row > details { grid-column: 1 / -1; }
        .wedding header, .integration header { display: flex; justify-content: space-between; align-items: flex-start; gap: .75rem; margin-bottom: .625rem; }
        .wedding h3 { font-size: 1.3125rem; letter-spacing: -.015em; }
        .wedding.on { border-top: 4px solid var(--gold); margin-bottom: 1rem; }
        .wedding .next { font-size: 1.0625rem; font-weight: 550; margin-bottom: .75rem; }
        .wedding footer { font-size: .9375rem; margin-top: .75rem; }
        .timeline { list-style: none; display: grid; gap: 0; }
        .timeline li { display: grid; grid-template-columns: 4rem minmax(0, 1fr) auto; gap: .75rem; padding: .4375rem 0 .4375rem 1.25rem; margin-left: .5rem; border-left: 2px solid var(--line); position: relative; }
        .timeline li::before { content: ""; position: absolute; left: -.4375rem; top: .8125rem; width: .75rem; height: .75rem; border-radius: 50%; background: var(--surface); border: 2px solid var(--edge); }
        .timeline .over { color: var(--quiet); } .timeline .over::before { background: var(--edge); }
        .timeline .now { font-weight: 650; } .timeline .now::before { background: var(--accent); border-color: var(--accent); }
        .timeline .next { font-size: inherit; margin: 0 0 0 .5rem; font-weight: 650; } .timeline .next::before { border-color: var(--gold); }
        .timeline .who { color: var(--quiet); font-weight: 400; font-size: .9375rem; }
        .when { display: inline-block; margin-left: .375rem; padding: 0 .5rem; border-radius: 99px; font-size: .75rem; font-weight: 600; background: var(--idle-soft); color: var(--idle); }
        .now .when { background: var(--accent-soft); color: var(--accent); } .next .when { background: var(--warn-soft); color: var(--warn); }
        .readiness { border-radius: 12px; padding: .75rem 1rem; background: var(--idle-soft); margin-top: .75rem; }
        .readiness ul { list-style: none; margin-top: .375rem; display: grid; gap: .25rem; }
        .readiness li { display: flex; gap: .5rem; }
        .readiness.good { background: var(--good-soft); color: var(--good); } .readiness.warn { background: var(--warn-soft); color: var(--warn); } .readiness.bad { background: var(--bad-soft); color: var(--bad); }
        .integration { display: grid; gap: .75rem; align-content: start; }
        .integration header { margin: 0; } .integration h3 a { display: inline-flex; align-items: center; min-height: 28px; }
        .flag { display: flex; gap: .5rem; color: var(--warn); } .flag a { color: inherit; }
        .charts { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
        figcaption { display: flex; justify-content: space-between; gap: .5rem; flex-wrap: wrap; font-size: .8125rem; color: var(--quiet); } figcaption strong { color: var(--ink); }
        .spark { display: block; width: 100%; height: 3rem; margin-top: .25rem; overflow: visible; } .charts.wide .spark { height: 7rem; }
        .spark-line { fill: none; stroke: var(--chart); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; } .spark-area { fill: var(--chart-soft); }
        .spark-none { stroke: var(--edge); stroke-width: 1; stroke-dasharray: 3 4; vector-effect: non-scaling-stroke; }
        .errors .spark-line { stroke: var(--chart-bad); } .errors .spark-area { fill: var(--chart-bad-soft); }
        .facts { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .25rem 1rem; font-size: .9375rem; } .facts dt { color: var(--quiet); } .facts dd { margin: 0; overflow-wrap: anywhere; }
        .gauges { display: grid; gap: .5rem; } .facts + .gauges { margin-top: .875rem; }
        .gauge { display: grid; grid-template-columns: minmax(4.5rem, auto) minmax(3rem, 1fr) auto; gap: .75rem; align-items: center; font-size: .8125rem; } .gauge svg { width: 100%; height: .5rem; border-radius: 99px; display: block; } .gauge-name { color: var(--quiet); }
        .rail { fill: var(--line); } .gauge .fill { fill: var(--good); } .gauge.warn .fill { fill: var(--gold); } .gauge.bad .fill { fill: var(--bad); }
        .list { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--surface); border: 1px solid var(--line); border-radius: 16px; overflow: hidden; box-shadow: var(--shadow); }
        .list th { text-align: left; font-size: .8125rem; font-weight: 600; color: var(--quiet); padding: .625rem 1rem; background: var(--paper); border-bottom: 1px solid var(--line); }
        .list td { padding: .6875rem 1rem; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; } .list tbody tr:first-child td { border-top: 0; } .list tbody tr:hover td { background: var(--raised); }
        .list td time { white-space: nowrap; } .list a { font-weight: 550; } .act { text-align: right; white-space: nowrap; } .act form { display: inline; }
        .zone { color: var(--quiet); font-size: .8125rem; white-space: nowrap; }
        .pager { margin-top: 1rem; text-align: center; }
        .story { list-style: none; } .story li { padding: .5rem 0 .5rem 1.125rem; border-left: 2px solid var(--line); position: relative; } .story li::before { content: ""; position: absolute; left: -.3125rem; top: 1rem; width: .5rem; height: .5rem; border-radius: 50%; background: var(--accent); } .story .at { font-size: .8125rem; color: var(--quiet); } .kind { font-weight: 600; text-transform: capitalize; }
        pre { margin: .75rem 0 0; padding: .875rem 1rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; overflow: auto; max-height: 24rem; white-space: pre-wrap; overflow-wrap: anywhere; }
        label, legend { font-size: .875rem; font-weight: 600; } .help { font-size: .875rem; color: var(--quiet); } fieldset { border: 0; margin: 0; padding: 0; }
        .option { display: flex; align-items: center; gap: .625rem; min-height: 44px; font-size: 1rem; font-weight: 400; } .option input { width: 1.25rem; height: 1.25rem; accent-color: var(--accent); }
        input:not([type="radio"], [type="hidden"]), select { width: 100%; min-height: 44px; padding: .5rem .75rem; font: inherit; color: var(--ink); background: var(--raised); border: 1px solid var(--edge); border-radius: 10px; } input.code { font-size: .875rem; }
        ::placeholder { color: var(--quiet); opacity: 1; } input[aria-invalid="true"] { border-color: var(--bad); border-width: 2px; }
        .filters { display: flex; flex-wrap: wrap; gap: .75rem; align-items: flex-end; margin-bottom: 1.25rem; } .filters.card { margin-top: 1rem; } .filters h3 { width: 100%; } .bulk .filters { margin: 0; } .bulk { margin-bottom: 1.25rem; }
        .field { display: grid; gap: .25rem; flex: 0 1 12rem; } .field.grow { flex: 1 1 16rem; }
        .button { display: inline-flex; align-items: center; justify-content: center; min-height: 44px; padding: .5rem 1.125rem; font: inherit; font-weight: 600; color: var(--accent-ink); background: var(--accent); border: 1px solid var(--accent); border-radius: 10px; text-decoration: none; cursor: pointer; } .button:hover { filter: brightness(1.08); }
        .button.quiet { background: transparent; color: var(--accent); border-color: var(--edge); } .button.quiet:hover { background: var(--accent-soft); filter: none; } .button.danger { color: var(--bad); } .button.danger:hover { background: var(--bad-soft); } .button[aria-disabled="true"] { opacity: .7; cursor: progress; }
        .actions { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem; margin-top: 1rem; } main > section.card { margin-bottom: 1rem; }
        summary { display: inline-flex; align-items: center; min-height: 44px; color: var(--accent); font-weight: 600; cursor: pointer; } summary::before { content: "›"; margin-right: .5rem; transition: transform .15s; } details[open] > summary::before { transform: rotate(90deg); } details.switch > div { padding: .25rem 0 .75rem; max-width: 30rem; }
        .settle { border-top: 1px solid var(--line); margin-top: 1.25rem; padding-top: 1rem; }
        .empty { display: grid; justify-items: center; gap: .5rem; text-align: center; padding: 3rem 1.25rem; border: 1px dashed var(--edge); border-radius: 16px; color: var(--quiet); } .empty strong { color: var(--ink); font-size: 1.0625rem; } .empty svg { width: 3.5rem; fill: none; stroke: var(--gold); stroke-width: 1.75; } .empty.tall { padding-block: 5rem; } .empty .button { margin-top: .75rem; } .status-code { font-size: 3rem; font-weight: 700; color: var(--gold); }
        .fresh { animation: fresh 1.6s ease-out; } @keyframes fresh { from { background-color: var(--accent-soft); } }
        .busy::after { content: ""; position: fixed; inset: 0 auto auto 0; height: 3px; width: 40%; background: var(--accent); animation: busy 1.1s ease-in-out infinite; z-index: 10; } @keyframes busy { from { left: -40%; } to { left: 100%; } }

        """

    /// The phone, print, and those who want no motion.
    static let narrow = """
        @media (max-width: 62rem) { .columns { grid-template-columns: minmax(0, 1fr); } }
        @media (max-width: 52rem) {
        .frame { display: block; } .side { display: none; } .menu { display: block; } .live { font-size: .8125rem; }
        .menu > summary { padding: 0 .875rem; border: 1px solid var(--edge); border-radius: 10px; } .menu nav { position: absolute; right: 0; top: calc(100% + .5rem); width: min(17rem, calc(100vw - 2rem)); background: var(--raised); border: 1px solid var(--line); border-radius: 16px; padding: .5rem; box-shadow: 0 12px 40px #0003; }
        main { padding-top: 1.25rem; padding-bottom: 2.5rem; }
        .list, .list tbody, .list tr, .list td { display: block; } .list { background: none; border: 0; box-shadow: none; border-radius: 0; overflow: visible; } .list thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        .list tr { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: .5rem 1rem; margin-bottom: .75rem; box-shadow: var(--shadow); } .list td { border: 0; padding: .3125rem 0 .3125rem 7.25rem; position: relative; min-height: 2.125rem; } .list td::before { content: attr(data-label); position: absolute; left: 0; width: 6.75rem; color: var(--quiet); font-size: .8125rem; font-weight: 600; padding-top: .125rem; } .list td.act { text-align: left; padding: .375rem 0; } .list td.act::before { content: none; } .list tbody tr:hover td { background: none; } .list td a { display: inline-block; padding: .625rem 0; margin: -.625rem 0; }
        .timeline li { grid-template-columns: 3.5rem minmax(0, 1fr); } .timeline .who { grid-column: 2; margin-top: -.5rem; } .field, .field.grow { flex: 1 1 100%; } .filters .button { width: 100%; } .banner p { font-size: 1.0625rem; } .foot { flex-direction: column; align-items: flex-start; }
        }
        @media (prefers-reduced-motion: reduce) { *, *::before, *::after { animation: none !important; transition: none !important; } }
        @media (forced-colors: active) { .badge, .banner, .notice { border: 1px solid; } .spark-line { stroke: CanvasText; } }
        @media print { .top, .side, .foot, .skip, .filters, .actions, .act, .switch, .settle, form { display: none; } .frame { display: block; } body { background: none; } .card, .list { box-shadow: none; break-inside: avoid; } a { color: inherit; text-decoration: none; } }
        """
}
