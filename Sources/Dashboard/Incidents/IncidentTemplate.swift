/// The pages of incidents.
enum IncidentTemplate {
    static let list = """
        {{#page}}
        <header class="head"><h1>Incidents</h1><p class="lead">Times in which something did not do as it should.</p></header>
        <div id="incidents-list"{{#isFirstPage}} data-live{{/isFirstPage}}>
        {{#hasOpen}}<section aria-labelledby="open-title"><h2 id="open-title">Open</h2><ul class="rows card">{{#open}}<li id="row-{{id}}"><div><strong><a href="/incidents/{{id}}" id="{{id}}">{{subject}}</a></strong><p>{{summary}}</p><p class="quiet">{{#began}}Since {{>time}}{{/began}}, for {{length}}</p></div>{{#badge}}{{>badge}}{{/badge}}</li>{{/open}}</ul></section>{{/hasOpen}}
        {{#hasPast}}<section aria-labelledby="past-title"><h2 id="past-title">Over</h2><ul class="rows card">{{#past}}<li id="row-{{id}}"><div><strong><a href="/incidents/{{id}}" id="{{id}}">{{subject}}</a></strong><p>{{summary}}</p><p class="quiet">{{#began}}{{>time}}{{/began}}, for {{length}}</p></div>{{#badge}}{{>badge}}{{/badge}}</li>{{/past}}</ul></section>{{/hasPast}}
        {{>pager}}
        {{#isEmpty}}{{#none}}{{>empty}}{{/none}}{{/isEmpty}}
        </div>
        {{/page}}
        """

    static let one = """
        {{#page}}
        <p class="crumb"><a href="/incidents">Incidents</a></p>
        <div id="incident-head" data-live data-sentence>{{#row}}<header class="head"><h1>{{subject}}</h1><p class="lead">{{summary}}</p>{{#badge}}{{>badge}}{{/badge}}</header>
        <p class="quiet">{{#began}}Began {{>time}}{{/began}}, {{#ended}}ended {{>time}}, {{/ended}}lasted {{length}}{{#isOpen}} so far{{/isOpen}}.</p>{{/row}}</div>
        <div class="columns" id="incident-body" data-live>
        <section class="card" aria-labelledby="record-title"><h2 id="record-title">Record</h2><ol class="story">{{#lines}}<li>{{#at}}<span class="at">{{>time}}</span>{{/at}}<p><span class="kind">{{kind}}</span> {{text}}</p></li>{{/lines}}</ol></section>
        <section class="card" aria-labelledby="meaning-title"><h2 id="meaning-title">What it meant</h2>{{#hasImpacts}}<ul class="rows">{{#impacts}}<li><div><strong>{{wedding}}</strong><p>{{text}}</p></div>{{#badge}}{{>badge}}{{/badge}}</li>{{/impacts}}</ul>{{/hasImpacts}}{{^hasImpacts}}<p class="quiet">No wedding was touched.</p>{{/hasImpacts}}</section>
        </div>
        {{/page}}
        """
}
