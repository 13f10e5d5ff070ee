//! What the shop does, by name.

/// The currency of everything in the shop.
pub(crate) const CURRENCY: &str = "USD";

/// An action of the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    CancelOrder,
    ModifyItems,
    ModifyAddress,
    ModifyPayment,
    ModifyUserAddress,
    ReturnItems,
    ExchangeItems,
}

/// The actions by their names.
pub(crate) const NAMES: [(&str, Action); 7] = [
    ("cancel_pending_order", Action::CancelOrder),
    ("modify_pending_order_items", Action::ModifyItems),
    ("modify_pending_order_address", Action::ModifyAddress),
    ("modify_pending_order_payment", Action::ModifyPayment),
    ("modify_user_address", Action::ModifyUserAddress),
    ("return_delivered_order_items", Action::ReturnItems),
    ("exchange_delivered_order_items", Action::ExchangeItems),
];

impl Action {
    /// Whether items are given for new ones.
    pub(crate) const fn swaps(self) -> bool {
        matches!(self, Self::ModifyItems | Self::ExchangeItems)
    }

    pub(crate) const fn names_items(self) -> bool {
        self.swaps() || matches!(self, Self::ReturnItems)
    }

    pub(crate) const fn names_method(self) -> bool {
        self.names_items() || matches!(self, Self::ModifyPayment)
    }
}
