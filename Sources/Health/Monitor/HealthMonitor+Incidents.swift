import Domain
import Logging
import Providers
import Resilience
import Synchronization
import Telemetry

extension HealthMonitor {
    /// Takes the open incidents of earlier processes up again, once; tried again with the next look when it fails.
    func loadOnce() async {
        guard !state.withLock({ $0.isLoaded }) else { return }
        do {
            let open = try await book.openIncidents()
            let now = ports.time.elapsed()
            state.withLock { state in
                for incident in open { adopt(incident, title: nil, now, &state) }
                state.isLoaded = true
            }
        } catch {
            complain(error)
        }
    }

    /// Follows an incident that is open already.
    private func adopt(_ incident: Incident, title: String?, _ now: Duration, _ state: inout State) {
        let trouble = incident.worst.trouble([])
        state.courses[incident.subject] = IncidentCourse(open: incident.state, limits: settings.course)
        state.incidents[incident.subject] = FollowedIncident(
            incident,
            title: title ?? incident.subject.name,
            trouble: trouble,
            now: now
        )
    }

    /// Looks at sources and destinations every few seconds.
    func lookAtEndpoints(_ now: Duration) async {
        let isDue = state.withLock { state in
            state.endpointsAt.map { now - $0 >= Self.endpointsEvery } ?? true
        }
        guard isDue else { return }
        do {
            let found = try await ports.endpoints()
            let changes = state.withLock { state -> [(ObservedEndpoint, HealthState)] in
                state.endpointsAt = now
                let old = state.endpoints
                state.endpoints = Dictionary(found.map { ($0.subject, $0) }) { first, _ in first }
                return found.compactMap { endpoint in
                    let before = old[endpoint.subject]?.state ?? .unknown
                    return before == endpoint.state ? nil : (endpoint, before)
                }
            }
            for (endpoint, old) in changes where old != .unknown || endpoint.state != .healthy {
                tell(endpoint, from: old)
            }
        } catch {
            complain(error)
        }
    }

    /// Opens, changes and closes the incidents of everything that was looked at.
    func keepIncidents(_ now: Duration) async {
        guard state.withLock({ $0.isLoaded }) else { return }
        let sightings = state.withLock { state in
            state.integrations.keys.sorted().compactMap { id in
                state.integrations[id].flatMap { $0.seen.isEnabled ? $0.sighting : nil }
            }
                + state.endpoints.values.sorted { $0.subject.name < $1.subject.name }.map(\.sighting)
        }
        for sighting in sightings { await keep(sighting, now) }
        await endOrphans(Set(sightings.map(\.subject)), now)
        await touchOpen(now)
    }

    private func keep(_ sighting: Sighting, _ now: Duration) async {
        let subject = sighting.subject
        var course = state.withLock { $0.courses[subject] } ?? IncidentCourse(limits: settings.course)
        let action = course.saw(sighting.state, counts: sighting.counts, now: now)
        do {
            switch action {
            case .none: break
            case .open: try await open(sighting, now)
            case .changed(let old): try await change(sighting, from: old, &course)
            case .close: try await close(sighting, why: "It does well again.", &course)
            case .forget: try await close(sighting, why: "Nothing was heard of it any more.", &course)
            }
            state.withLock { $0.courses[subject] = course }
            if course.isOpen, action == .none { try await refresh(sighting, now) }
        } catch {
            complain(error)  // The course stays as it was: the next look does the same again.
        }
    }

    private func open(_ sighting: Sighting, _ now: Duration) async throws {
        let wall = ports.time.now()
        let impacts = await ports.impact(sighting.subject, sighting.state, wall)
        let entry = IncidentEntry(
            at: wall,
            kind: .opened,
            text: "\(sighting.title) is \(sighting.trouble): \(sighting.why)."
        )
        let incident = Incident(
            id: IncidentID(now: wall, random: ports.random),
            subject: sighting.subject,
            vendor: sighting.vendor,
            state: sighting.state,
            worst: sighting.state,
            openedAt: wall,
            summary: IncidentSummary(title: sighting.title, trouble: sighting.trouble, openedAt: wall)
                .sentence(now: wall),
            impacts: impacts,
            entries: [entry]
        )
        let (stored, isNew) = try await book.open(incident)
        state.withLock { state in
            state.incidents[sighting.subject] = FollowedIncident(
                stored,
                title: sighting.title,
                trouble: sighting.trouble,
                now: now
            )
        }
        guard isNew else { return }
        ports.logger.warning(
            "an incident began",
            metadata: ["incident": "\(incident.id)", "subject": "\(incident.subject)"]
        )
        await publish(.incidentOpened, stored, entry)
    }

    private func change(
        _ sighting: Sighting,
        from old: HealthState,
        _ course: inout IncidentCourse
    ) async throws {
        guard var followed = state.withLock({ $0.incidents[sighting.subject] }) else { return }
        let wall = ports.time.now()
        let incident = followed.incident
        followed.title = sighting.title
        if sighting.state >= incident.worst { followed.trouble = sighting.trouble }
        followed.incident.state = sighting.state
        followed.incident.worst = max(incident.worst, sighting.state)
        followed.incident.impacts = await ports.impact(sighting.subject, sighting.state, wall)
        followed.incident.summary = followed.summary(now: wall)
        let entry = IncidentEntry(
            at: wall,
            kind: .state,
            text: "\(sighting.title) was \(old.rawValue) and is \(sighting.state.rawValue)"
                + (sighting.why.isEmpty ? "." : ": \(sighting.why).")
        )
        guard try await book.change(followed.incident, entry: entry) else {
            // Another node, or a person, has ended it.
            course.settled(isOpen: false)
            state.withLock { $0.incidents[sighting.subject] = nil }
            return
        }
        followed.incident.entries.append(entry)
        state.withLock { [followed] in $0.incidents[sighting.subject] = followed }
        await publish(.incidentChanged, followed.incident, entry)
    }

    private func close(_ sighting: Sighting, why: String, _ course: inout IncidentCourse) async throws {
        guard var followed = state.withLock({ $0.incidents[sighting.subject] }) else { return }
        let wall = ports.time.now()
        if case .integration(let name) = sighting.subject,
            let figures = try? await ports.figures(name, followed.incident.openedAt)
        {
            followed.figures = figures
        }
        followed.title = sighting.title
        followed.incident.state = sighting.state
        followed.incident.summary = followed.summary(closedAt: wall, now: wall)
        let entry = IncidentEntry(at: wall, kind: .closed, text: why)
        let isClosed = try await book.close(
            followed.incident,
            at: wall,
            quietSince: wall - settings.course.closesAfter,
            entry: entry
        )
        guard isClosed else {
            let isStillOpen = try await book.find(followed.incident.id)?.closedAt == nil
            course.settled(isOpen: isStillOpen)
            if !isStillOpen { state.withLock { $0.incidents[sighting.subject] = nil } }
            return
        }
        followed.incident.closedAt = wall
        followed.incident.entries.append(entry)
        state.withLock { $0.incidents[sighting.subject] = nil }
        await publish(.incidentClosed, followed.incident, entry)
    }

    /// Looks up what became of calls, where they go and what it means to weddings, and writes what is new.
    private func refresh(_ sighting: Sighting, _ now: Duration) async throws {
        let wall = ports.time.now()
        guard var followed = state.withLock({ $0.incidents[sighting.subject] }),
            followed.isDue(now: now, wall: wall)
        else { return }
        followed.refreshedAt = now
        followed.title = sighting.title
        let before = followed.incident
        var entries: [IncidentEntry] = []
        if case .integration(let name) = sighting.subject {
            followed.figures = try await ports.figures(name, before.openedAt)
            let detours = Set(try await ports.detours(name))
            entries = Self.entries(of: detours, after: followed.detours, home: sighting.title, at: wall)
            followed.detours = detours
        }
        if now - followed.impactAt >= FollowedIncident.impactEvery {
            followed.impactAt = now
            followed.incident.impacts = await ports.impact(sighting.subject, sighting.state, wall)
        }
        followed.incident.summary = followed.summary(now: wall)
        for entry in entries { try await note(entry, in: &followed.incident) }
        if followed.incident.summary != before.summary || followed.incident.impacts != before.impacts {
            guard try await book.change(followed.incident) else { return }
            if entries.isEmpty { tell(.incidentChanged, followed.incident) }
        }
        state.withLock { [followed] in $0.incidents[sighting.subject] = followed }
    }

    private static func entries(
        of detours: Set<Detour>,
        after old: Set<Detour>,
        home: String,
        at now: Instant
    ) -> [IncidentEntry] {
        let away = detours.filter { new in
            !old.contains { $0.capability == new.capability && $0.to == new.to }
        }
        let back = old.filter { past in !detours.contains { $0.capability == past.capability } }
        return away.sorted { $0.capability.rawValue < $1.capability.rawValue }.map {
            IncidentEntry(
                at: now,
                kind: .failover,
                text: "Calls for \($0.capability) go to \($0.to): \($0.reason)."
            )
        }
            + back.sorted { $0.capability.rawValue < $1.capability.rawValue }.map {
                IncidentEntry(
                    at: now,
                    kind: .failover,
                    text: "Calls for \($0.capability) go to \(home) again."
                )
            }
    }

    /// Writes a line into an incident and tells it.
    private func note(_ entry: IncidentEntry, in incident: inout Incident) async throws {
        try await book.append(entry, to: incident.id)
        incident.entries.append(entry)
        await publish(.incidentChanged, incident, entry)
    }

    /// Writes what a person says into an incident, also when it is over, and lets those who watch see it; false when its
    /// record is full.
    package func write(_ note: IncidentEntry, in incident: Incident) async throws -> Bool {
        guard try await book.append(note, to: incident.id) else { return false }
        tell(.incidentChanged, incident, note)
        return true
    }

    /// Writes a line into the open incident of a subject, if there is one.
    func note(_ kind: IncidentEntry.Kind, _ text: String, about subject: IncidentSubject) async {
        guard var incident = state.withLock({ $0.incidents[subject]?.incident }) else { return }
        do {
            try await note(IncidentEntry(at: ports.time.now(), kind: kind, text: text), in: &incident)
        } catch {
            complain(error)
        }
    }

    /// Ends the incidents of what was removed or switched off.
    private func endOrphans(_ subjects: Set<IncidentSubject>, _ now: Duration) async {
        let orphans = state.withLock { state in
            state.endpointsAt == nil
                ? [] : state.incidents.values.filter { !subjects.contains($0.incident.subject) }
        }
        for followed in orphans {
            let wall = ports.time.now()
            var incident = followed.incident
            incident.state = .unknown
            incident.summary = followed.summary(closedAt: wall, now: wall)
            let entry = IncidentEntry(at: wall, kind: .closed, text: "It was removed or switched off.")
            do {
                let isClosed = try await book.close(incident, at: wall, quietSince: wall, entry: entry)
                state.withLock { state in
                    state.incidents[incident.subject] = nil
                    state.courses[incident.subject] = nil
                }
                incident.closedAt = wall
                incident.entries.append(entry)
                if isClosed { await publish(.incidentClosed, incident, entry) }
            } catch {
                complain(error)
            }
        }
    }

    /// Tells the other nodes which incidents go on.
    private func touchOpen(_ now: Duration) async {
        let ids = state.withLock { state -> [IncidentID] in
            state.incidents.keys.sorted { $0.name < $1.name }.compactMap { subject in
                guard let followed = state.incidents[subject],
                    now - followed.touchedAt >= FollowedIncident.touchEvery,
                    state.courses[subject].map({ $0.isOpen && $0.goodSince == nil }) ?? false
                else { return nil }
                state.incidents[subject]?.touchedAt = now
                return followed.incident.id
            }
        }
        guard !ids.isEmpty else { return }
        do {
            try await book.touch(ids, at: ports.time.now())
        } catch {
            complain(error)
        }
    }

    private func publish(_ kind: SignalKind, _ incident: Incident, _ entry: IncidentEntry) async {
        tell(kind, incident, entry)
        await ports.news(incident, entry)
    }

    private func tell(_ kind: SignalKind, _ incident: Incident, _ entry: IncidentEntry? = nil) {
        ports.signals.tell(
            kind,
            "\(incident.id)",
            vendor: incident.vendor,
            body: [
                "about": .string(incident.subject.kind),
                "name": .string(incident.subject.name),
                "state": .string(incident.state.rawValue),
                "worst": .string(incident.worst.rawValue),
                "level": .string(incident.level.rawValue),
                "summary": .string(incident.summary),
                "opened_at": .string("\(incident.openedAt)"),
                "closed_at": incident.closedAt.map { .string("\($0)") } ?? .null,
                "entry": entry.map { ["kind": .string($0.kind.rawValue), "text": .string($0.text)] } ?? .null,
            ]
        )
    }

    func complain(_ error: any Error) {
        guard !(error is CancellationError) else { return }
        ports.logger.warning("health cannot be recorded for now", metadata: ["error": "\(error)"])
    }
}

extension ObservedEndpoint {
    /// How it does, for its incident.
    fileprivate var sighting: Sighting {
        Sighting(
            subject: subject,
            title: subject.description,
            vendor: vendor,
            state: state,
            counts: true,
            trouble: state.trouble([]),
            why: sentence
        )
    }
}
