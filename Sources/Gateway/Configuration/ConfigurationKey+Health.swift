extension ConfigurationKey {
    /// The keys of health.
    static let healthKeys: [ConfigurationKey] = [
        ConfigurationKey(
            path: "health",
            kind: .section,
            summary: "What is asked of providers to learn how they do, beside what calls say."
        ),
        ConfigurationKey(
            path: "health.probes",
            kind: .flag,
            standard: "true",
            summary:
                "Whether integrations get a small request now and then, and up to ten a second for some seconds while "
                + "calls make one suspect, from the last of their budget. Without, outages are seen later, nothing is "
                + "known of one that nobody calls, and a failover without traffic stays open."
        ),
        ConfigurationKey(
            path: "health.status_pages",
            kind: .flag,
            standard: "true",
            summary:
                "Whether providers' status pages are read, every five minutes, and every minute in trouble. "
                + "Only those of integrations without a `base_url` of their own."
        ),
    ]
}
