/// The pages of events.
enum EventTemplate {
    static let list = """
        {{#page}}
        <header class="head"><h1>Events</h1><p class="lead">Every webhook that came, newest first.</p></header>
        <form method="get" action="/events" class="filters" role="search">
        <div class="field grow"><label for="q">Find</label><input id="q" name="q" type="search" value="{{query}}" maxlength="255" placeholder="Id, e-mail address, phone number, charge.*"></div>
        <div class="field"><label for="source">Source</label><select id="source" name="source"><option value="">All</option>{{#sources}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>{{label}}</option>{{/sources}}</select></div>
        <div class="field"><label for="type">Type</label><input id="type" name="type" value="{{filterType}}" maxlength="128" placeholder="payment_intent.*"></div>
        <button class="button">Search</button>
        </form>
        <div id="events-list"{{#isFirstPage}} data-live{{/isFirstPage}}>
        {{#hasRows}}<table class="list"><caption class="unseen">Events, newest first</caption><thead><tr><th scope="col">Came at</th><th scope="col">What</th><th scope="col">From</th><th scope="col">Wedding</th><th scope="col">Priority</th></tr></thead><tbody>
        {{#rows}}<tr><td data-label="Came at">{{#at}}{{>time}}{{/at}}</td><td data-label="What"><a href="/events/{{id}}" id="{{id}}">{{type}}</a>{{#repeats}} <span class="quiet">{{.}}</span>{{/repeats}}</td><td data-label="From">{{source}}</td><td data-label="Wedding">{{#couple}}{{.}}{{/couple}}{{^couple}}<span class="quiet">–</span>{{/couple}}</td><td data-label="Priority">{{#priority}}{{>badge}}{{/priority}}</td></tr>{{/rows}}
        </tbody></table>{{>pager}}{{/hasRows}}
        {{^hasRows}}{{#none}}{{>empty}}{{/none}}{{/hasRows}}
        </div>
        {{/page}}
        """

    static let one = """
        {{#page}}{{#row}}
        <p class="crumb"><a href="/events">Events</a></p>
        <header class="head"><h1 class="code">{{type}}</h1><p class="lead">From {{source}}{{#couple}}, for {{.}}{{/couple}}{{#at}}, at {{>time}}{{/at}}</p>{{#priority}}{{>badge}}{{/priority}}</header>
        {{/row}}
        <div class="columns">
        <section class="card" id="event-story" data-live aria-labelledby="story-title"><h2 id="story-title">What happened</h2>
        <ol class="story">{{#lines}}<li>{{#at}}<span class="at">{{>time}}</span>{{/at}}<p>{{text}}</p></li>{{/lines}}</ol>
        <h3>Deliveries</h3>{{#hasDeliveries}}<ul class="rows">{{#deliveries}}<li><div><strong>{{destination}}</strong><p class="quiet">{{tries}}{{#error}}, last: {{.}}{{/error}}</p></div>{{#badge}}{{>badge}}{{/badge}}</li>{{/deliveries}}</ul>{{/hasDeliveries}}{{^hasDeliveries}}<p class="quiet">No destination wants it.</p>{{/hasDeliveries}}
        </section>
        <section class="card" aria-labelledby="payload-title"><h2 id="payload-title">Payload</h2>
        <dl class="facts"><dt>Id</dt><dd class="code">{{#row}}{{id}}{{/row}}</dd><dt>Provider's id</dt><dd class="code">{{providerID}}</dd><dt>Size</dt><dd>{{size}}</dd></dl>
        {{#payload}}<pre tabindex="0" role="region" aria-label="Payload">{{.}}</pre>{{/payload}}{{#payloadNote}}<p class="quiet">{{.}}</p>{{/payloadNote}}
        {{#mayWrite}}<form method="post" action="/events/{{#row}}{{id}}{{/row}}/replay" class="stack">{{>token}}<h3>Deliver it again</h3><label for="destination">To</label><select id="destination" name="destination"><option value="">Every destination that wants it</option>{{#destinations}}<option value="{{.}}">{{.}}</option>{{/destinations}}</select><button class="button">Replay</button></form>{{/mayWrite}}
        </section>
        </div>
        {{/page}}
        """
}
