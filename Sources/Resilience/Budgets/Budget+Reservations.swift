package import Domain

extension Budget {
    /// Holds a share for a wedding.
    ///
    /// At any time the shares that overlap must fit into the limit: the quota itself when it is shorter than the
    /// window, else its even part of each window; of a bucket, the even rate.
    package mutating func reserve(
        _ reservation: Reservation,
        now: ClockReading
    ) throws(Reservation.Problem) {
        guard reservation.quota > 0, reservation.from < reservation.to else { throw .isEmpty }
        holds.removeAll { $0.reservation.to <= now.wall }
        guard holds.count < Self.reservationsMax else { throw .tooMany(Self.reservationsMax) }
        let limit: Double
        let span: Double
        switch meter {
        case .places: throw .notCounted
        case .bucket(let bucket): (limit, span) = (ceiling.rate.isFinite ? ceiling.rate : bucket.rate, 1)
        case .window(let window): (limit, span) = (Double(window.count), window.length)
        }
        let taken = holds.map(\.reservation)
            .filter { $0.from - .seconds(span) < reservation.to && reservation.from - .seconds(span) < $0.to }
            .reduce(0) { $0 + $1.share(of: span) }
        guard taken + reservation.share(of: span) <= limit + 1e-9 else {
            let part = min(1, span / max(reservation.seconds, 0.001))
            throw .tooMuch(left: max(0, Int((limit - taken) / part)))
        }
        holds.append(Hold(reservation, left: reservation.quota, time: now.seconds))
    }

    /// Gives a wedding's shares back.
    package mutating func release(_ wedding: WeddingID) {
        holds.removeAll { $0.reservation.wedding == wedding }
    }

    /// Gives one share back.
    package mutating func release(_ reservation: Reservation) {
        guard let index = holds.firstIndex(where: { $0.reservation == reservation }) else { return }
        holds.remove(at: index)
    }

    /// The reservations that are not over, with what is left of each.
    package func reservations(now: ClockReading) -> [(reservation: Reservation, left: Int)] {
        holds.filter { $0.reservation.to > now.wall }.map { ($0.reservation, $0.left) }
    }

    /// The tokens kept in a bucket for other weddings.
    mutating func held(for wedding: WeddingID?, _ now: ClockReading, burst: Double) -> Double {
        guard !holds.isEmpty else { return 0 }
        let rate = ceiling.rate.isFinite ? ceiling.rate : Self.rateStart
        var sum = 0.0
        for index in holds.indices {
            let share = holds[index].reservation.share(of: 1)
            let kept = holds[index].tokens(now, most: max(1, burst * share / rate))
            if isKept(holds[index].reservation, from: wedding) { sum += kept }
        }
        return sum
    }

    /// Whether a share is kept from the calls of this wedding.
    private func isKept(_ reservation: Reservation, from wedding: WeddingID?) -> Bool {
        guard reservation.wedding != wedding else { return false }
        guard let wedding, favoured.contains(wedding) else { return true }
        return favoured.contains(reservation.wedding)
    }

    /// The calls kept in a window for other weddings.
    mutating func held(for wedding: WeddingID?, _ now: ClockReading, turnsAt: Double) -> Double {
        guard !holds.isEmpty else { return 0 }
        var sum = 0.0
        for index in holds.indices {
            let kept = holds[index].calls(now, turnsAt: turnsAt)
            if isKept(holds[index].reservation, from: wedding) { sum += kept }
        }
        return sum
    }
}
