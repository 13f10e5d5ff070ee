//! A request taken back before it is carried out.

use super::{
    change::{self, Read, Wish, change},
    view::RequestView,
};
use crate::{
    Caller, Done, Parts, Repeat,
    caller::principal::Principal,
    operation::WithdrawRequestRefusal,
    refused::{Kind, Refused},
};
use remit_domain::request::{Asker, Request, RequestCommand};
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
        if !may_take_back(caller, request) {
            let detail = "who asked for it takes it back, or a person who works here";
            return Err(Refused::new(Kind::Forbidden, detail));
        }
        Ok(RequestCommand::Withdraw { by: by.clone() })
    };
    Ok(change(parts, caller, repeat, wish, withdraw, |_, views| change::only(views)).await?)
}

/// Whether `caller` asked for it, or is a person who sees to all that is asked for here. What a delegate's own are is
/// its delegation's to say.
fn may_take_back(caller: &Caller, request: &Request) -> bool {
    let is_own = match (&caller.principal, &request.by) {
        (Principal::Integration, Asker::Integration { token, .. }) => *token == *caller.pseudonym,
        (Principal::Responder(name), Asker::Responder { facts }) => facts.responder.as_str() == name,
        (Principal::Customer(customer), Asker::Customer { customer: asker }) => customer == asker,
        (Principal::Delegate(_), Asker::Delegate(_)) => true,
        _ => false,
    };
    is_own || caller.is_person()
}
