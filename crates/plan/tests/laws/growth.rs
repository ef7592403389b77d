//! Plans grow with what is declared, not with its square.

use hob_plan::{Plan, Policy, plan, simulate};

#[path = "../../examples/scale/homelab.rs"]
mod homelab;

fn edges(plan: &Plan) -> usize {
    plan.steps.iter().map(|step| step.after.len()).sum()
}

/// One stack with an image for each service: everything comes after all pulls.
#[test]
fn edges_of_one_large_stack_grow_with_its_size() {
    let count = |services: usize| {
        let desired = homelab::one_stack(services);
        let mut observed = homelab::empty(&desired);
        let first = plan(&desired, &observed, &Policy::default());
        first.steps.iter().for_each(|step| simulate(&mut observed, step));
        let again = plan(&desired, &observed, &Policy::default());
        assert_eq!(again.steps, []);
        // All images are another one by now: no network or file stands between pulls and the rest.
        let mut newer = desired.clone();
        let host = newer.hosts.values_mut().next().unwrap();
        for service in host.stacks.values_mut().flat_map(|stack| stack.services.values_mut()) {
            let spec = std::sync::Arc::make_mut(&mut service.spec);
            spec.image = spec.image.as_str().replace(":1", ":2").as_str().into();
        }
        let replaced = plan(&newer, &observed, &Policy::default());
        assert_eq!(replaced.steps.len(), 2 * services);
        (edges(&first), edges(&replaced))
    };
    let (first, replaced) = count(200);
    let (first_of_more, replaced_of_more) = count(800);
    assert!(first_of_more < first * 5, "{first_of_more} of 800, {first} of 200");
    assert!(replaced_of_more < replaced * 5, "{replaced_of_more} of 800, {replaced} of 200");
}

/// Stacks of ten services, most of which need another one.
#[test]
fn edges_of_a_large_homelab_grow_with_its_size() {
    let count = |containers: usize| {
        let desired = homelab::desired(containers);
        edges(&plan(&desired, &homelab::empty(&desired), &Policy::default()))
    };
    let (some, many) = (count(200), count(2_000));
    assert!(many < some * 12, "{many} for 2,000 containers, {some} for 200");
}
