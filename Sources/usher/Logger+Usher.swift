import Gateway
import Logging

extension Logger {
    /// Writes nothing: for what is not Usher itself.
    static var silent: Logger { Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() } }

    /// The log of this process, on standard error.
    static func usher(_ formatting: LogFormatting) -> Logger {
        var logger = Logger(label: "usher") { label in
            switch formatting.format {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler()
            }
        }
        logger.logLevel = formatting.level
        return logger
    }
}
