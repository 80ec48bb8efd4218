import Foundation

/// The sources this test was built from, read once.
enum Repository {
    /// Every Swift file of `Sources` and `Tests`.
    static let files: [SourceFile] = ["Sources", "Tests"].flatMap(swiftFiles)

    /// `Package.swift` as data.
    static let manifest = Manifest(read("Package.swift"))

    /// The names in the column `column` of the tables of a page, each in backticks; headings have none.
    static func tableNames(_ page: String, column: Int) -> [String] {
        read(page).split(separator: "\n").filter { $0.hasPrefix("|") }.compactMap { row in
            let cells = row.split(separator: "|")
            guard cells.indices.contains(column) else { return nil }
            let cell = cells[column].trimmingCharacters(in: .whitespaces)
            return cell.hasPrefix("`") && cell.hasSuffix("`") ? String(cell.dropFirst().dropLast()) : nil
        }
    }

    /// What all rules find, exceptions not yet taken out.
    static let findings: [Finding] = files.flatMap { file in
        ImportRule.findings(file, manifest: manifest) + SizeRule.findings(file) + WordRule.findings(file)
            + NameRule.findings(file) + DocumentationRule.findings(file)
    }

    /// What the rules find and no exception allows.
    static func findings(where isWanted: (Finding) -> Bool) -> [Finding] {
        findings.filter { finding in
            isWanted(finding) && !Exception.all.contains { $0.allows(finding) }
        }
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func swiftFiles(in folder: String) -> [SourceFile] {
        let paths = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        var files: [SourceFile] = []
        while let path = paths?.nextObject() as? String {
            guard path.hasSuffix(".swift") else { continue }
            files.append(SourceFile(path: "\(folder)/\(path)", text: read("\(folder)/\(path)")))
        }
        return files.sorted { $0.path < $1.path }
    }

    private static func read(_ path: String) -> String {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
    }
}
