//! Plans of small supports, of which it is known what they take.

use super::{Needs, cover::cover, outage_reserve, planned};
use crate::{
    queue::{Level, LevelBase, Queue, Target, staffing},
    simulate::{DAYS, Description},
};

fn support(more: &str) -> Description {
    let text = format!(
        r#"
        interval_minutes = 60
        [[queue]]
        name = "cards"
        within_minutes = 0.5
        served = 0.8
        [[group]]
        name = "desk"
        queues = ["cards"]
        cost_an_hour = 30
        [[class]]
        name = "lost card"
        queue = "cards"
        contained = 0.5
        ai_minutes = 1
        handling = {{ minutes = 5 }}
        patience_minutes = 3
        [[class.demand]]
        days = "mon-fri"
        from = "08:00"
        to = "18:00"
        an_hour = 120
        {more}"#
    );
    toml::from_str(&text).unwrap()
}

#[test]
fn an_interval_takes_what_staffing_says() {
    let description = support("");
    let needs = Needs::of(&description, &description.network(2).unwrap(), false).unwrap();
    let level = Level { share: 0.8, within: 0.5, base: LevelBase::All };
    let target = Target { level: Some(level), ..Target::default() };
    let people = staffing(&Queue::of_times(1.0, 5.0, Some(3.0)).unwrap(), &target).unwrap().servers;
    let desk = &needs.groups[0];
    assert_eq!(desk.len(), 168);
    for (at, need) in desk.iter().enumerate() {
        let open = at / 24 < 5 && (8..18).contains(&(at % 24));
        assert_eq!(need.people, if open { people } else { 0 }, "{at}");
    }
}

#[test]
fn a_plan_keeps_what_is_promised_as_surely_as_is_asked() {
    let description = support("");
    let network = description.network(2).unwrap();
    let plan = planned(&description, &network, 0.9, 40, 1, 2).unwrap();
    assert!(plan.reached, "{:?}", plan.promises);
    assert!(plan.promises[0].kept >= 0.9 && plan.promises[0].level.mean >= 0.8);
    let more: u32 = plan.people[0].iter().sum();
    let least: u32 = plan.needs.groups[0].iter().map(|need| need.people).sum();
    assert!(more >= least && f64::from(more) < 1.3 * f64::from(least), "{more} for {least}");
    assert_eq!(planned(&description, &network, 0.9, 40, 1, 1).unwrap(), plan);
}

#[test]
fn without_ai_people_get_twice_as_much() {
    let description = support("");
    let network = description.network(2).unwrap();
    let planned =
        vec![Needs::of(&description, &network, false).unwrap().groups[0].iter().map(|of| of.people).collect()];
    let reserve = outage_reserve(&description, &network, &planned, 2).unwrap()[0];
    assert!((reserve.arrivals.1 / reserve.arrivals.0 - 2.0).abs() < 1e-9);
    assert!(reserve.more() > reserve.planned / 2 && reserve.more() < reserve.planned + 2, "{reserve:?}");
}

#[test]
fn shifts_cover_what_is_needed_at_the_least_cost() {
    // By hand: 4 from 8 to 12, 6 from 12 to 16, 2 from 16 to 20. Early shifts of 8 hours for the first four, two more
    // late ones for noon, which the evening needs too: 6 shifts of 8 hours are the least.
    let description = support(
        r#"
        [[pattern]]
        name = "early"
        days = "mon"
        from = "08:00"
        to = "16:00"
        [[pattern]]
        name = "late"
        days = "mon"
        from = "12:00"
        to = "20:00""#,
    );
    let mut needed = vec![0; 168];
    needed[8..12].fill(4);
    needed[12..16].fill(6);
    needed[16..20].fill(2);
    let covered = cover(&description, "desk", &needed).unwrap();
    let of =
        |name: &str| covered.shifts.iter().filter(|shift| shift.pattern == name).map(|shift| shift.people).sum::<u32>();
    assert_eq!((of("early"), of("late"), covered.hours), (4, 2, 48.0));
    assert!(covered.shifts.iter().all(|shift| shift.day == DAYS[0]));
    assert!(covered.people.iter().zip(&needed).all(|(people, need)| people >= need));
    needed[30] = 1;
    let refused = cover(&description, "desk", &needed).unwrap_err().to_string();
    assert!(refused.contains("tue at 06:00") && refused.contains("add a pattern"), "{refused}");
}

#[test]
fn a_break_is_covered_by_others() {
    let description = support(
        r#"
        [[pattern]]
        name = "day"
        days = "mon"
        from = "08:00"
        to = "16:00"
        break = [{ from = "12:00", to = "13:00" }]
        [[pattern]]
        name = "noon"
        days = "mon"
        from = "11:00"
        to = "15:00""#,
    );
    let mut needed = vec![0; 168];
    needed[8..16].fill(3);
    let covered = cover(&description, "desk", &needed).unwrap();
    assert_eq!(covered.hours, 3.0 * 7.0 + 3.0 * 4.0);
}

#[test]
fn breaks_that_can_lie_anywhere_lie_apart() {
    let day = |minutes: &str| {
        support(&format!(
            r#"
            [[pattern]]
            name = "day"
            days = "mon"
            from = "08:00"
            to = "17:00"
            break = [{{ from = "10:00", to = "15:00"{minutes} }}]"#
        ))
    };
    let mut needed = vec![0; 168];
    needed[8..17].fill(4);
    let covered = cover(&day(", minutes = 60"), "desk", &needed).unwrap();
    // Five of whom never more than one is away.
    assert_eq!(covered.hours, 5.0 * 8.0);
    let mut breaks: Vec<f64> = covered.shifts.iter().flat_map(|shift| shift.breaks.clone()).collect();
    breaks.sort_by(f64::total_cmp);
    breaks.dedup();
    assert_eq!(breaks.len(), 5, "{covered:?}");
    let refused = cover(&day(", minutes = 600"), "desk", &needed).unwrap_err().to_string();
    assert!(refused.contains("600 minutes"), "{refused}");
}

#[test]
fn what_cannot_be_planned_is_said() {
    let mut description = support("");
    description.queue[0].served = None;
    let network = description.network(2).unwrap();
    let refused = Needs::of(&description, &network, false).unwrap_err().to_string();
    assert!(refused.contains("nothing is promised that group `desk` could keep"), "{refused}");
    description.queue[0].served = Some(1.0);
    assert!(Needs::of(&description, &network, false).unwrap_err().to_string().contains("99.9 %"));
}
