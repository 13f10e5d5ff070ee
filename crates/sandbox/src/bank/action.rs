//! What the bank does, by name.

/// An action of the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    WaiveFee,
    RefundCharge,
    PayGoodwill,
    ReverseDirectDebit,
    CancelTransfer,
    FreezeCard,
    UnfreezeCard,
    SendReplacementCard,
    ResendPin,
    RaiseCardLimit,
    ChangeAddress,
    CloseAccount,
}

/// The actions by their names.
pub(crate) const NAMES: [(&str, Action); 12] = [
    ("waive_fee", Action::WaiveFee),
    ("refund_charge", Action::RefundCharge),
    ("pay_goodwill", Action::PayGoodwill),
    ("reverse_direct_debit", Action::ReverseDirectDebit),
    ("cancel_transfer", Action::CancelTransfer),
    ("freeze_card", Action::FreezeCard),
    ("unfreeze_card", Action::UnfreezeCard),
    ("send_replacement_card", Action::SendReplacementCard),
    ("resend_pin", Action::ResendPin),
    ("raise_card_limit", Action::RaiseCardLimit),
    ("change_address", Action::ChangeAddress),
    ("close_account", Action::CloseAccount),
];
