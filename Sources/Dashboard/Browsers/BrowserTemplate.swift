/// The part of the settings about browsers that are told of alerts.
enum BrowserTemplate {
    static let text = """
        <section aria-labelledby="browsers-title"><h2 id="browsers-title">Alerts in the browser</h2>
        {{^hasChannel}}<p class="quiet">Nothing is sent to browsers yet: add <code>browsers: {type: push}</code> under <code>alerts.channels</code> in usher.yaml.</p>{{/hasChannel}}
        {{#hasRows}}<table class="list"><caption class="unseen">Browsers that are told</caption><thead><tr><th scope="col">Browser</th><th scope="col">Told since</th>{{#mayWrite}}<th scope="col"><span class="unseen">Action</span></th>{{/mayWrite}}</tr></thead><tbody>
        {{#rows}}<tr><td data-label="Browser"><strong>{{label}}</strong></td><td data-label="Told since">{{#since}}{{>time}}{{/since}}</td>{{#mayWrite}}<td class="act"><form method="post" action="/settings/forget-browser">{{>token}}<input type="hidden" name="id" value="{{id}}"><button class="button quiet" aria-label="Tell {{label}} no longer">Tell no longer</button></form></td>{{/mayWrite}}</tr>{{/rows}}
        </tbody></table>{{/hasRows}}
        {{#mayWrite}}{{#hasChannel}}<form method="post" action="/settings/browser" class="card filters" id="browser-form" data-key="{{key}}" aria-labelledby="browser-title" hidden><h3 id="browser-title">Tell this browser</h3>{{>token}}<input type="hidden" name="endpoint"><input type="hidden" name="p256dh"><input type="hidden" name="auth"><div class="field grow"><label for="browser-label">What you call it</label><input id="browser-label" name="label" required maxlength="60" placeholder="Maria's phone"></div><button class="button">Tell this browser</button><p class="help" id="browser-note" role="status"></p></form>
        <noscript><p class="quiet">A browser is added with JavaScript switched on.</p></noscript>{{/hasChannel}}{{/mayWrite}}</section>
        """
}
