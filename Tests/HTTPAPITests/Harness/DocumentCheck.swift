import Domain
import HTTPAPI

/// Checks an OpenAPI document against itself, against a route table, and real answers against it.
struct DocumentCheck {
    let document: JSONValue

    private var schemas: JSONSchemaCheck { JSONSchemaCheck(document: document) }

    /// Everything wrong with the document itself and every difference from `routes`; empty when all is well.
    func faults(_ routes: [Route]) -> [String] {
        let documented = operations()
        let places = documented.map { "\($0.method) \($0.path)" }
        let expected = routes.map { lowercasedASCII($0.method.rawValue) + " " + $0.path.description }
        let ids = documented.compactMap { $0.operation["operationId"]?.string }
        return Set(expected).subtracting(places).map { "\($0) is not documented" }
            + Set(places).subtracting(expected).map { "\($0) does not exist" }
            + (Set(ids).count == documented.count ? [] : ["an operationId is missing or there twice"])
            + documented.flatMap { faults($0.operation, at: "\($0.method) \($0.path)", path: $0.path) }
            + danglingReferences(document)
    }

    /// What is wrong with an answer to the operation `method path` (a template); empty when it is as documented.
    func faults(_ response: APIResponse, to method: RequestMethod, _ path: String) -> [String] {
        let place = "\(method.rawValue) \(path) \(response.status)"
        guard let operation = document["paths"]?[path]?[lowercasedASCII(method.rawValue)],
            var documented = operation["responses"]?[String(response.status)]
        else { return ["\(place): the status is not documented"] }
        if let reference = documented["$ref"]?.string {
            guard let target = schemas.resolve(reference) else {
                return ["\(place): \(reference) leads nowhere"]
            }
            documented = target
        }
        guard let content = documented["content"]?.object else {
            return response.body.isEmpty ? [] : ["\(place): has a body, which is not documented"]
        }
        let type = response.headers.first("content-type")
        guard let media = content.first(where: { $0.name == type })?.value else {
            return ["\(place): the media type \(type ?? "none") is not documented"]
        }
        guard let schema = media["schema"] else { return [] }
        guard let value = try? JSONParser.parse(response.body) else { return ["\(place): is not JSON"] }
        return schemas.misfits(value, schema).map { "\(place): \($0)" }
    }

    private func operations() -> [(path: String, method: String, operation: JSONValue)] {
        (document["paths"]?.object ?? []).flatMap { path in
            (path.value.object ?? []).map { (path.name, $0.name, $0.value) }
        }
    }

    private func faults(_ operation: JSONValue, at place: String, path: String) -> [String] {
        var faults: [String] = []
        if operation["summary"]?.string?.hasSuffix(".") != true { faults.append("\(place): no summary") }
        if operation["security"]?.array == nil { faults.append("\(place): does not say who may call it") }
        if operation["tags"]?.array?.count != 1 { faults.append("\(place): is in no group") }
        let statuses = (operation["responses"]?.object ?? []).map(\.name)
        if !statuses.contains(where: { $0.hasPrefix("2") }) { faults.append("\(place): never succeeds") }
        let isGuarded = operation["security"]?.array?.isEmpty == false
        for status in ["400", "500", "503"] + (isGuarded ? ["401", "403", "429"] : [])
        where !statuses.contains(status) {
            faults.append("\(place): \(status) is not documented")
        }
        let named = path.split(separator: "/").filter { $0.hasPrefix("{") }.map {
            String($0.dropFirst().dropLast())
        }
        let documented = (operation["parameters"]?.array ?? [])
            .filter { $0["in"] == "path" && $0["required"] == true }
            .compactMap { $0["name"]?.string }
        if named != documented { faults.append("\(place): path parameters differ") }
        return faults
    }

    private func danglingReferences(_ value: JSONValue) -> [String] {
        let own =
            value["$ref"]?.string.map { schemas.resolve($0) == nil ? ["\($0) leads nowhere"] : [] } ?? []
        let members = (value.object ?? []).map(\.value) + (value.array ?? [])
        return own + members.flatMap(danglingReferences)
    }
}
