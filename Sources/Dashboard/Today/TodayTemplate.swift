/// The first page.
enum TodayTemplate {
    static let text = """
        {{#page}}
        <header class="head"><h1>Today</h1><p class="lead" id="today-date" data-live>{{date}}</p></header>
        <section class="banner {{tone}}" id="today-banner" data-live data-sentence aria-label="How things are"><span class="sign" aria-hidden="true">{{sign}}</span><p>{{sentence}}</p></section>
        <div id="today-impacts" data-live>
        {{#emergency}}<section class="notice bad" aria-labelledby="emergency-title"><span class="sign" aria-hidden="true">!</span><div><h2 id="emergency-title">Emergency mode is on</h2><p>{{.}}</p></div></section>{{/emergency}}
        {{#hasImpacts}}<section aria-labelledby="impacts-title"><h2 id="impacts-title">What it means</h2><ul class="rows card">{{#impacts}}<li><div><strong>{{wedding}}</strong><p>{{text}}</p></div>{{#badge}}{{>badge}}{{/badge}}</li>{{/impacts}}</ul></section>{{/hasImpacts}}
        </div>
        <div id="today-weddings" data-live>
        {{#hasOnNow}}<section aria-labelledby="now-title"><h2 id="now-title">On now</h2>
        {{#onNow}}<article class="card wedding on" aria-labelledby="w-{{id}}"><header><div><h3 id="w-{{id}}">{{title}}</h3><p class="quiet">{{date}} · {{localTime}}</p></div>{{#badge}}{{>badge}}{{/badge}}</header>
        {{#nextWords}}<p class="next">{{.}}</p>{{/nextWords}}
        {{#hasItems}}<ol class="timeline">{{#items}}<li class="{{state}}"{{#isNow}} aria-current="time"{{/isNow}}><time datetime="{{iso}}">{{clock}}</time><span class="what">{{name}}{{#stateWords}} <span class="when">{{.}}</span>{{/stateWords}}</span>{{#vendor}}<span class="who">{{.}}</span>{{/vendor}}</li>{{/items}}</ol>{{/hasItems}}
        {{#readiness}}<div class="readiness {{tone}}"><p>{{words}}</p>{{#hasGaps}}<ul>{{#gaps}}<li><span class="sign" aria-hidden="true">{{sign}}</span>{{text}}</li>{{/gaps}}</ul>{{/hasGaps}}</div>{{/readiness}}
        <footer class="quiet">{{#vendors}}<p>{{.}}</p>{{/vendors}}{{#waiting}}<p>{{.}}</p>{{/waiting}}</footer></article>{{/onNow}}</section>{{/hasOnNow}}
        {{#hasUpcoming}}<section aria-labelledby="next-title"><h2 id="next-title">Next</h2><div class="grid">
        {{#upcoming}}<article class="card wedding" aria-labelledby="w-{{id}}"><header><div><h3 id="w-{{id}}">{{title}}</h3><p class="quiet">{{date}} · {{localTime}}</p></div>{{#badge}}{{>badge}}{{/badge}}</header>
        {{#nextWords}}<p class="next">{{.}}</p>{{/nextWords}}
        {{#readiness}}<div class="readiness {{tone}}"><p>{{words}}</p>{{#hasGaps}}<ul>{{#gaps}}<li><span class="sign" aria-hidden="true">{{sign}}</span>{{text}}</li>{{/gaps}}</ul>{{/hasGaps}}</div>{{/readiness}}
        <footer class="quiet">{{#vendors}}<p>{{.}}</p>{{/vendors}}{{#waiting}}<p>{{.}}</p>{{/waiting}}</footer></article>{{/upcoming}}</div></section>{{/hasUpcoming}}
        {{#isEmpty}}<div class="empty"><svg viewBox="0 0 48 48" aria-hidden="true" focusable="false"><circle cx="19" cy="27" r="11"/><circle cx="30" cy="21" r="11"/></svg><p><strong>No wedding is known yet.</strong></p><p>Import yours with <code>usher weddings import</code> or <code>POST /api/weddings/import</code>; then this page knows whose day it is.</p></div>{{/isEmpty}}
        </div>
        <div id="today-services" data-live>
        {{#hasServices}}<section aria-labelledby="services-title"><h2 id="services-title">What weddings need</h2><ul class="rows card">{{#services}}<li><div><strong>{{name}}</strong><p>{{text}}</p></div>{{#badge}}{{>badge}}{{/badge}}</li>{{/services}}</ul></section>{{/hasServices}}
        </div>
        {{/page}}
        """
}
