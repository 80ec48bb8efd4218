/// The page of dead letters.
enum DeadLetterTemplate {
    static let text = """
        {{#page}}
        <header class="head"><h1>Dead letters</h1><p class="lead">Deliveries that were given up. Nothing is lost: each can go out again.</p></header>
        {{#mayWrite}}<section class="card bulk" aria-labelledby="bulk-title"><h2 id="bulk-title">Replay many</h2>
        <form method="post" action="/dead-letters/try" class="filters">{{>token}}<div class="field grow"><label for="destination">To</label><select id="destination" name="destination"><option value="">All destinations</option>{{#destinations}}<option value="{{value}}"{{#isChosen}} selected{{/isChosen}}>{{label}}</option>{{/destinations}}</select></div><button class="button quiet" id="dry-run">Dry run: count first</button></form>
        {{#dryRun}}<div class="notice plain" role="status" id="dry-run-result"><span class="sign" aria-hidden="true">?</span><div><p>{{words}}</p>{{#hasAny}}<form method="post" action="/dead-letters/replay">{{>token}}<input type="hidden" name="destination" value="{{filterDestination}}"><button class="button" id="replay-all">Replay them all</button></form>{{/hasAny}}</div></div>{{/dryRun}}
        </section>{{/mayWrite}}
        <div id="letters-list"{{#isFirstPage}} data-live{{/isFirstPage}}>
        {{#hasRows}}<table class="list"><caption class="unseen">Dead letters, newest first</caption><thead><tr><th scope="col">Given up at</th><th scope="col">What</th><th scope="col">To</th><th scope="col">Why</th>{{#mayWrite}}<th scope="col"><span class="unseen">Action</span></th>{{/mayWrite}}</tr></thead><tbody>
        {{#rows}}<tr id="row-{{id}}"><td data-label="Given up at">{{#at}}{{>time}}{{/at}}</td><td data-label="What"><a href="/events/{{event}}" id="{{id}}">{{type}}</a></td><td data-label="To">{{destination}}</td><td data-label="Why">{{#error}}{{.}}{{/error}} <span class="quiet">after {{tries}}</span></td>{{#mayWrite}}<td class="act"><form method="post" action="/dead-letters/replay-one">{{>token}}<input type="hidden" name="id" value="{{id}}"><button class="button quiet" id="replay-{{id}}" aria-label="Replay {{type}} to {{destination}}">Replay</button></form></td>{{/mayWrite}}</tr>{{/rows}}
        </tbody></table>{{>pager}}{{/hasRows}}
        {{^hasRows}}{{#none}}{{>empty}}{{/none}}{{/hasRows}}
        </div>
        {{/page}}
        """
}
