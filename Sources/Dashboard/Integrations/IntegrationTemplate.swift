/// The pages of integrations.
enum IntegrationTemplate {
    static let list = """
        {{#page}}
        <header class="head"><h1>Integrations</h1><p class="lead" id="integrations-lead" data-live data-sentence>{{sentence}}</p></header>
        {{#hasRoutes}}<section aria-labelledby="routes-title"><h2 id="routes-title">Who serves what</h2>
        <div class="card rows" id="routes" data-live>
        {{#routes}}<div class="row" id="route-{{capability}}"><div><strong>{{label}}</strong><p>By {{now}}{{#failover}}, {{.}}{{/failover}}.</p><p class="quiet">Usual order: {{order}}</p></div>{{#badge}}{{>badge}}{{/badge}}
        {{#canSwitch}}<details class="switch" id="switch-{{capability}}"><summary>Switch {{label}}</summary><div class="stack">
        {{#isOrdered}}<form method="post" action="/integrations/fail-back">{{>token}}<input type="hidden" name="capability" value="{{capability}}"><button class="button">Take the order back</button></form>{{/isOrdered}}
        <form method="post" action="/integrations/failover" class="stack">{{>token}}<input type="hidden" name="capability" value="{{capability}}">
        <label for="to-{{capability}}">Send all new calls to</label><select id="to-{{capability}}" name="to">{{#choices}}<option value="{{name}}">{{title}}</option>{{/choices}}</select>
        <label for="minutes-{{capability}}">For how many minutes (empty: until taken back)</label><input id="minutes-{{capability}}" name="minutes" type="number" inputmode="numeric" min="1" max="43200">
        <label for="reason-{{capability}}">Why</label><input id="reason-{{capability}}" name="reason" required minlength="3" maxlength="200">
        <button class="button">Send calls there</button></form></div></details>{{/canSwitch}}</div>{{/routes}}
        </div></section>{{/hasRoutes}}
        <section aria-labelledby="all-title"><h2 id="all-title">All integrations</h2>
        <div class="grid" id="integration-cards" data-live>
        {{#cards}}<article class="card integration" id="i-{{name}}" aria-labelledby="t-{{name}}"><header><div><h3 id="t-{{name}}"><a href="/integrations/{{name}}">{{title}}</a></h3><p class="quiet">{{name}}</p></div>{{#badge}}{{>badge}}{{/badge}}</header>
        <p>{{sentence}}</p>{{#consent}}<p class="flag"><span class="sign" aria-hidden="true">!</span>A person must consent: {{.}}</p>{{/consent}}{{#doubts}}<p class="flag"><span class="sign" aria-hidden="true">!</span><a href="/calls?state=in_doubt">{{.}}</a></p>{{/doubts}}
        <div class="charts"><figure>{{#latency}}<figcaption>Response time <strong>{{latest}}</strong></figcaption>{{>spark}}{{/latency}}</figure><figure class="errors">{{#errors}}<figcaption>Errors <strong>{{latest}}</strong></figcaption>{{>spark}}{{/errors}}</figure></div>
        <dl class="facts"><dt>Breaker</dt><dd>{{breaker}}</dd></dl>
        {{#hasGauges}}<div class="gauges">{{#gauges}}{{>gauge}}{{/gauges}}</div>{{/hasGauges}}</article>{{/cards}}
        </div>
        {{^hasCards}}{{#none}}{{>empty}}{{/none}}{{/hasCards}}
        </section>
        {{/page}}
        """

    static let one = """
        {{#page}}{{#card}}
        <p class="crumb"><a href="/integrations">Integrations</a></p>
        <header class="head" id="integration-head" data-live data-sentence><h1>{{title}}</h1><p class="lead">{{sentence}}</p>{{#badge}}{{>badge}}{{/badge}}</header>
        {{#tested}}<div class="notice {{testTone}}" role="status"><p><strong>The test:</strong> {{.}}</p></div>{{/tested}}
        <section class="card" aria-labelledby="figures-title"><h2 id="figures-title">The last 10 minutes</h2>
        <div class="charts wide" id="integration-charts" data-live><figure>{{#latency}}<figcaption>Response time, 95th percentile <strong>{{latest}}</strong></figcaption>{{>spark}}{{/latency}}</figure><figure class="errors">{{#errors}}<figcaption>Errors <strong>{{latest}}</strong></figcaption>{{>spark}}{{/errors}}</figure></div>
        <details id="figures-table"><summary>The same as a table</summary>{{#hasRows}}<table class="list"><caption class="unseen">Figures, one a minute, newest first</caption><thead><tr><th scope="col">At</th><th scope="col">Response time</th><th scope="col">Errors</th><th scope="col">State</th></tr></thead><tbody>{{#rows}}<tr><td data-label="At">{{#at}}{{>time}}{{/at}}</td><td data-label="Response time">{{latency}}</td><td data-label="Errors">{{errors}}</td><td data-label="State">{{state}}</td></tr>{{/rows}}</tbody></table>{{/hasRows}}{{^hasRows}}<p>Nothing was measured yet.</p>{{/hasRows}}</details></section>
        <section class="card" id="integration-limits" data-live aria-labelledby="limits-title"><h2 id="limits-title">Limits and breaker</h2>
        <dl class="facts"><dt>Breaker</dt><dd>{{breaker}}</dd><dt>Traffic</dt><dd>{{facts}}</dd><dt>Can do</dt><dd>{{operations}}</dd></dl>
        {{#hasGauges}}<div class="gauges">{{#gauges}}{{>gauge}}{{/gauges}}</div>{{/hasGauges}}{{^hasGauges}}<p class="quiet">It has no limits that Usher knows.</p>{{/hasGauges}}</section>
        {{#mayWrite}}<form method="post" action="/integrations/{{name}}/test" class="actions">{{>token}}<button class="button">Test the connection</button><span class="help">Sends one request that changes nothing.</span></form>{{/mayWrite}}
        {{/card}}{{/page}}
        """
}
