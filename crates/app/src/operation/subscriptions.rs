//! Subscriptions: whom events are sent to, how far they are, and what was given up.

operations! { "subscriptions"
    /// Subscribe to events. The secret is in this answer and in no other.
    ///
    /// Every event is posted as a `WebhookMessage`, signed as Standard Webhooks says, at least once, in order within
    /// its case, until the receiver answers with 2xx. What it does not take is tried again for three days.
    make_subscription = MakeSubscription {
        asks: [SUBSCRIPTION_MANAGE];
        of: [];
        runs: as a secret command;
        refuses: MakeSubscriptionRefusal {
            /// The name cannot be shown or is too long, the address is none that events are sent to, a kind of event
            /// is not known, or the ledger has not reached the position.
            Invalid,
            /// There are as many subscriptions as there may be.
            LimitReached,
        }
    }

    /// List the subscriptions, without their secrets.
    list_subscriptions = ListSubscriptions {
        asks: [SUBSCRIPTION_MANAGE];
        of: [];
        runs: at once;
        refuses: ListSubscriptionsRefusal {}
    }

    /// Get a subscription, and where its delivery stands.
    get_subscription = GetSubscription {
        asks: [SUBSCRIPTION_MANAGE];
        of: [Subscription];
        runs: at once;
        refuses: GetSubscriptionRefusal {
            /// There is no such subscription.
            NotFound,
        }
    }

    /// Delete a subscription with its dead letters; nothing more is sent.
    delete_subscription = DeleteSubscription {
        asks: [SUBSCRIPTION_MANAGE];
        of: [Subscription];
        runs: as a command;
        refuses: DeleteSubscriptionRefusal {
            /// There is no such subscription.
            NotFound,
        }
    }

    /// Pause a subscription. What happens meanwhile is sent once it is resumed.
    pause_subscription = PauseSubscription {
        asks: [SUBSCRIPTION_MANAGE];
        of: [Subscription];
        runs: as a command;
        refuses: PauseSubscriptionRefusal {
            /// There is no such subscription.
            NotFound,
        }
    }

    /// Resume a subscription, or try everything that waits at once.
    resume_subscription = ResumeSubscription {
        asks: [SUBSCRIPTION_MANAGE];
        of: [Subscription];
        runs: as a command;
        refuses: ResumeSubscriptionRefusal {
            /// There is no such subscription.
            NotFound,
        }
    }

    /// Send everything after a position in the ledger again, under the same `webhook-id`s.
    replay_subscription = ReplaySubscription {
        asks: [SUBSCRIPTION_MANAGE];
        of: [Subscription];
        runs: as a command;
        refuses: ReplaySubscriptionRefusal {
            /// The ledger has not reached the position.
            Invalid,
            /// There is no such subscription.
            NotFound,
        }
    }

    /// Give a subscription a new secret. The one before signs too for a day.
    rotate_secret = RotateSecret {
        asks: [SUBSCRIPTION_MANAGE];
        of: [Subscription];
        runs: as a secret command;
        refuses: RotateSecretRefusal {
            /// There is no such subscription.
            NotFound,
        }
    }

    /// Send a message of the type `remit.test.v1` at once, and say what came of it.
    test_subscription = TestSubscription {
        asks: [SUBSCRIPTION_MANAGE];
        of: [Subscription];
        runs: at once;
        refuses: TestSubscriptionRefusal {
            /// There is no such subscription.
            NotFound,
            /// As many tests are under way as there may be at once.
            LimitReached,
        }
    }

    /// List the events that were given up, in ledger order.
    list_dead_letters = ListDeadLetters {
        asks: [SUBSCRIPTION_MANAGE];
        of: [Subscription];
        runs: on the readers;
        refuses: ListDeadLettersRefusal {
            /// There is no such subscription.
            NotFound,
        }
    }

    /// Discard an event that was given up.
    discard_dead_letter = DiscardDeadLetter {
        asks: [SUBSCRIPTION_MANAGE];
        of: [Subscription, Position];
        runs: as a command;
        refuses: DiscardDeadLetterRefusal {
            /// There is no such subscription, or it has no dead letter of this position.
            NotFound,
        }
    }

    /// Send an event that was given up again, for the whole time.
    retry_dead_letter = RetryDeadLetter {
        asks: [SUBSCRIPTION_MANAGE];
        of: [Subscription, Position];
        runs: as a command;
        refuses: RetryDeadLetterRefusal {
            /// There is no such subscription, or it has no dead letter of this position.
            NotFound,
            /// As many dead letters are on their way as there may be at once.
            LimitReached,
        }
    }
}
