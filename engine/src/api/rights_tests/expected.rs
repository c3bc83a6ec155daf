//! What must come of each call: who may call each operation, and what others are answered.

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// Everybody, also without a key.
    All,
    /// The owner, their service, an operator, and both capabilities.
    Readers,
    /// The same, but the capability to read is refused.
    Players,
    /// The owner, their service and an operator; without a game also every other player and service.
    Owners,
    /// A service and an operator; the game must be the service's.
    Services,
    /// On the operators' port: a viewer and an operator.
    Viewers,
    /// On the operators' port: an operator.
    Operators,
}

/// Every operation by its id, and whether it is about a game.
pub(super) const EXPECTED: &[(&str, Who, bool)] = &[
    ("chat", Who::Players, true),
    ("getRequest", Who::Readers, true),
    ("cancelRequest", Who::Players, true),
    ("followGame", Who::Readers, true),
    ("followRequest", Who::Readers, true),
    ("createGame", Who::Owners, false),
    ("listGames", Who::Owners, false),
    ("getGame", Who::Readers, true),
    ("patchGame", Who::Services, true),
    ("deleteGame", Who::Owners, true),
    ("stopRequest", Who::Players, true),
    ("listTurns", Who::Readers, true),
    ("undoTurns", Who::Players, true),
    ("retryTurn", Who::Players, true),
    ("editTurn", Who::Players, true),
    ("chooseAlternative", Who::Players, true),
    ("branchGame", Who::Owners, true),
    ("renameGame", Who::Owners, true),
    // As JSON; transcripts are for readers as well.
    ("exportGame", Who::Players, true),
    ("importGame", Who::Owners, false),
    ("explainGame", Who::Services, true),
    ("getPrompt", Who::Operators, false),
    ("createCapability", Who::Owners, true),
    ("listCapabilities", Who::Owners, true),
    ("revokeCapability", Who::Owners, true),
    ("createTicket", Who::Owners, true),
    ("openSession", Who::All, false),
    ("closeSession", Who::All, false),
    ("listScenarios", Who::All, false),
    ("listPcs", Who::All, false),
    ("listNarrators", Who::All, false),
    ("listMonsters", Who::All, false),
    ("listNpcs", Who::All, false),
    ("getScenario", Who::Services, false),
    ("getPc", Who::Services, false),
    ("getNarrator", Who::Services, false),
    ("getMonster", Who::Services, false),
    ("getNpc", Who::Services, false),
    ("listProviders", Who::All, false),
    ("explainProblem", Who::All, false),
    ("health", Who::All, false),
    ("ready", Who::All, false),
    ("metrics", Who::Viewers, false),
    ("describe", Who::All, false),
    ("getQueue", Who::Viewers, false),
    ("listLanes", Who::Viewers, false),
    ("listProviderStates", Who::Viewers, false),
    ("getOverview", Who::Viewers, false),
    ("getTimeline", Who::Viewers, false),
    ("listAudit", Who::Viewers, false),
    ("listPauses", Who::Viewers, false),
    ("pauseQueue", Who::Operators, false),
    ("resumeQueue", Who::Operators, false),
    ("listWorkers", Who::Viewers, false),
    ("listQueued", Who::Viewers, false),
    ("cancelQueued", Who::Operators, false),
    ("getLane", Who::Viewers, false),
    ("listStoryEvents", Who::Viewers, false),
    ("triggerStoryEvent", Who::Operators, false),
    ("clearStoryEvents", Who::Operators, false),
    ("listDeadLetters", Who::Viewers, false),
    ("getDeadLetter", Who::Viewers, false),
    ("deleteDeadLetter", Who::Operators, false),
    ("retryDeadLetter", Who::Operators, false),
    ("listKeys", Who::Operators, false),
    ("createKey", Who::Operators, false),
    ("revokeKey", Who::Operators, false),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Nobody,
    Owner,
    OtherPlayer,
    OtherTenant,
    Service,
    ServiceForOwner,
    ServiceForAnother,
    OtherService,
    Viewer,
    Operator,
    Revoked,
    Expired,
    NotAKey,
    MayRead,
    MayPlay,
    /// Another capability to play the same game.
    MayPlayToo,
    MayPlayElsewhere,
    RevokedCapability,
}

/// What a call comes to, as far as rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Admitted,
    Unauthorized,
    Forbidden,
    /// The game does not exist for the caller.
    Unknown,
}

/// What must come.
#[expect(clippy::match_same_arms, reason = "each line is a rule of its own")]
pub(super) fn expected(who: Who, about_game: bool, kind: Kind) -> Verdict {
    let is_of_capability =
        matches!(kind, Kind::MayRead | Kind::MayPlay | Kind::MayPlayElsewhere | Kind::RevokedCapability);
    match (who, kind) {
        (Who::All, _) => Verdict::Admitted,
        (_, Kind::Nobody | Kind::Revoked | Kind::Expired | Kind::NotAKey) => Verdict::Unauthorized,
        (_, Kind::Operator) | (Who::Viewers, Kind::Viewer) => Verdict::Admitted,
        (Who::Viewers | Who::Operators, _) | (_, Kind::Viewer) => Verdict::Forbidden,
        (Who::Readers, Kind::MayRead | Kind::MayPlay) | (Who::Players, Kind::MayPlay) => Verdict::Admitted,
        (Who::Readers | Who::Players, Kind::MayPlayElsewhere | Kind::RevokedCapability) => Verdict::Unknown,
        (_, _) if is_of_capability => Verdict::Forbidden,
        (Who::Services, Kind::Owner | Kind::OtherPlayer | Kind::OtherTenant) => Verdict::Forbidden,
        (_, Kind::Owner | Kind::Service | Kind::ServiceForOwner) => Verdict::Admitted,
        (..) if about_game => Verdict::Unknown,
        (..) => Verdict::Admitted,
    }
}

pub(super) const KINDS: [Kind; 17] = [
    Kind::Nobody,
    Kind::Owner,
    Kind::OtherPlayer,
    Kind::OtherTenant,
    Kind::Service,
    Kind::ServiceForOwner,
    Kind::ServiceForAnother,
    Kind::OtherService,
    Kind::Viewer,
    Kind::Operator,
    Kind::Revoked,
    Kind::Expired,
    Kind::NotAKey,
    Kind::MayRead,
    Kind::MayPlay,
    Kind::MayPlayElsewhere,
    Kind::RevokedCapability,
];
