/// Parts that several pages use.
enum PartTemplate {
    static let time = """
        <time datetime="{{iso}}" title="{{full}}">{{exact}}</time> <span class="zone">{{place}}</span>
        """
    static let badge = """
        <span class="badge {{tone}}"><span class="sign" aria-hidden="true">{{sign}}</span>{{word}}</span>
        """
    static let token = """
        <input type="hidden" name="form_token" value="{{formToken}}">
        """
    static let pager = """
        {{#more}}<nav class="pager" aria-label="More of the list"><a class="button quiet" href="{{.}}">Older</a></nav>{{/more}}
        """
    static let empty = """
        <div class="empty"><svg viewBox="0 0 48 48" aria-hidden="true" focusable="false"><path d="M10 20 24 10l14 10v18H10z"/><path d="M10 20l14 10 14-10"/></svg><p><strong>{{title}}</strong></p><p>{{text}}</p></div>
        """
    static let gauge = """
        <div class="gauge {{tone}}"><span class="gauge-name">{{name}}</span><svg viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="{{name}}: {{words}}"><rect class="rail" width="100" height="8" rx="0"/><rect class="fill" width="{{width}}" height="8"/></svg><span class="gauge-words" aria-hidden="true">{{words}}</span></div>
        """
    static let spark = """
        <svg class="spark" viewBox="{{viewBox}}" preserveAspectRatio="none" role="img" aria-label="{{label}}">{{#hasLine}}<path class="spark-area" d="{{area}}"/><path class="spark-line" d="{{line}}"/>{{/hasLine}}{{^hasLine}}<path class="spark-none" d="M0 52H240"/>{{/hasLine}}</svg>
        """
}
