//! A request taken back before it is carried out.

use super::{
    ask::is_asker,
    change::{self, Read, Wish, change},
    view::RequestView,
};
use crate::{
    Caller, Done, Parts, Repeat,
    operation::WithdrawRequestRefusal,
    refused::{Kind, Refused},
};
use remit_domain::request::RequestCommand;
use remit_policy::actions::Permission;

/// Takes a request back.
///
/// # Errors
/// [`WithdrawRequestRefusal`] says when each arises.
pub async fn withdraw_request(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    request: &str,
) -> Result<Done<RequestView>, WithdrawRequestRefusal> {
    let by = caller.pseudonym.to_string();
    let wish = Wish { ids: &[request], permission: Permission::REQUEST_WITHDRAW, as_list: None };
    let withdraw = |read: &Read<'_>, nth: usize| {
        let request = read.requests.get(nth).ok_or_else(|| Refused::internal("a request was not read"))?;
        if !is_asker(caller, request) && !caller.is_person() {
            let detail = "who asked for it takes it back, or a person who works here";
            return Err(Refused::new(Kind::Forbidden, detail));
        }
        Ok(RequestCommand::Withdraw { by: by.clone() })
    };
    Ok(change(parts, caller, repeat, wish, withdraw, |_, views| change::only(views)).await?)
}
