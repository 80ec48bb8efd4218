/// The pages of calls.
enum CallTemplate {
    static let list = """
        {{#page}}
        <header class="head"><h1>Calls</h1><p class="lead">What your application asked providers to do, newest first.</p></header>
        <form method="get" action="/calls" class="filters" role="search">
        <div class="field grow"><label for="operation">Operation or id</label><input id="operation" name="operation" value="{{filterOperation}}" maxlength="64" placeholder="payments.charge"></div>
        <div class="field"><label for="state">State</label><select id="state" name="state"><option value="">All</option>{{#states}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>{{label}}</option>{{/states}}</select></div>
        <div class="field"><label for="wedding">Wedding</label><select id="wedding" name="wedding"><option value="">All</option>{{#weddings}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>{{label}}</option>{{/weddings}}</select></div>
        <button class="button">Search</button>
        </form>
        <div id="calls-list"{{#isFirstPage}} data-live{{/isFirstPage}}>
        {{#hasRows}}<table class="list"><caption class="unseen">Calls, newest first</caption><thead><tr><th scope="col">Asked at</th><th scope="col">What</th><th scope="col">State</th><th scope="col">By</th><th scope="col">Wedding</th></tr></thead><tbody>
        {{#rows}}<tr><td data-label="Asked at">{{#at}}{{>time}}{{/at}}</td><td data-label="What"><a href="/calls/{{id}}" id="{{id}}">{{operation}}</a></td><td data-label="State">{{#badge}}{{>badge}}{{/badge}}{{#failure}} <span class="quiet">{{.}}</span>{{/failure}}</td><td data-label="By">{{#integration}}{{.}}{{/integration}}{{^integration}}<span class="quiet">–</span>{{/integration}}</td><td data-label="Wedding">{{#couple}}{{.}}{{/couple}}{{^couple}}<span class="quiet">–</span>{{/couple}}</td></tr>{{/rows}}
        </tbody></table>{{>pager}}{{/hasRows}}
        {{^hasRows}}{{#none}}{{>empty}}{{/none}}{{/hasRows}}
        </div>
        {{/page}}
        """

    static let one = """
        {{#page}}
        <p class="crumb"><a href="/calls">Calls</a></p>
        <div id="call-head" data-live data-sentence>{{#row}}<header class="head"><h1 class="code">{{operation}}</h1><p class="lead">{{#couple}}For {{.}}, asked{{/couple}}{{^couple}}Asked{{/couple}}{{#at}} at {{>time}}{{/at}}</p>{{#badge}}{{>badge}}{{/badge}}</header>{{/row}}</div>
        <div class="columns">
        <section class="card" id="call-story" data-live aria-labelledby="explain-title"><h2 id="explain-title">What happened</h2><p>{{explanation}}</p>
        <h3>Attempts</h3>{{#hasAttempts}}<ol class="rows">{{#attempts}}<li><div><strong>{{number}}. {{integration}}</strong>{{#at}}<p class="quiet">{{>time}}{{#status}}, {{.}}{{/status}}{{#lookUps}}, {{.}}{{/lookUps}}</p>{{/at}}{{#failure}}<p>{{.}}</p>{{/failure}}</div>{{#badge}}{{>badge}}{{/badge}}</li>{{/attempts}}</ol>{{/hasAttempts}}{{^hasAttempts}}<p class="quiet">None yet.</p>{{/hasAttempts}}</section>
        <section class="card" aria-labelledby="facts-title"><h2 id="facts-title">Facts</h2><dl class="facts"><dt>Id</dt><dd class="code">{{#row}}{{id}}{{/row}}</dd>{{#reference}}<dt>Made at the provider</dt><dd class="code">{{.}}</dd>{{/reference}}</dl>{{#reply}}<pre tabindex="0" role="region" aria-label="Reply">{{.}}</pre>{{/reply}}
        <div id="call-settle">{{#maySettle}}<form method="post" action="/calls/{{#row}}{{id}}{{/row}}/settle" class="stack settle">{{>token}}<h3>Settle it</h3><p>Look at the provider's own pages first: did it take effect?</p>
        <fieldset><legend>What the provider shows</legend><label class="option"><input type="radio" name="outcome" value="succeeded" required> It was done</label><label class="option"><input type="radio" name="outcome" value="not_applied" required> It was not done; nothing took effect</label></fieldset>
        <label for="reference">The provider's id of what was made (if it was)</label><input id="reference" name="reference" maxlength="512">
        <label for="reason">Where you saw it</label><input id="reason" name="reason" required minlength="3" maxlength="500" placeholder="Stripe's dashboard, seen by Ana">
        <button class="button">Settle</button></form>{{/maySettle}}</div>
        </section>
        </div>
        {{/page}}
        """
}
