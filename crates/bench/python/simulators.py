"""Queues as ciw and simpy simulate them: each line asks for a run, and is answered by a line with what came of it."""

import json
import random
import sys
import time

import ciw
import simpy


def ciw_queue(asked):
    """M/M/n+M by ciw."""
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(asked["arrivals"])],
        service_distributions=[ciw.dists.Exponential(1 / asked["handling"])],
        reneging_time_distributions=[ciw.dists.Exponential(1 / asked["patience"])],
        number_of_servers=[asked["servers"]],
    )
    begun = time.perf_counter()
    ciw.seed(asked["seed"])
    run = ciw.Simulation(network)
    run.simulate_until_max_customers(asked["customers"], method="Arrive")
    took = time.perf_counter() - begun
    records = [record for record in run.get_all_records() if record.record_type in ("service", "renege")]
    return told(took, asked["customers"], [(r.waiting_time, r.record_type == "renege") for r in records])


def ciw_network(asked):
    """AI, then people, with those who come back after a delay, by ciw."""

    class Routing(ciw.routing.NodeRouting):
        def __init__(self, kept, back):
            super().__init__()
            self.kept, self.back = kept, back

        def next_node(self, individual):
            if random.random() < self.kept:
                return self.simulation.nodes[3] if random.random() < self.back[0] else self.simulation.nodes[-1]
            return self.simulation.nodes[2]

    class After(ciw.routing.NodeRouting):
        def __init__(self, back):
            super().__init__()
            self.back = back

        def next_node(self, individual):
            return self.simulation.nodes[3] if random.random() < self.back else self.simulation.nodes[-1]

    class Back(ciw.routing.NodeRouting):
        def next_node(self, individual):
            return self.simulation.nodes[1]

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(asked["arrivals"]), None, None],
        service_distributions=[
            ciw.dists.Exponential(1 / asked["ai"]),
            ciw.dists.Exponential(1 / asked["handling"]),
            ciw.dists.Exponential(1 / asked["delay"]),
        ],
        reneging_time_distributions=[None, ciw.dists.Exponential(1 / asked["patience"]), None],
        number_of_servers=[float("inf"), asked["servers"], float("inf")],
        routing=ciw.routing.NetworkRouting(
            routers=[Routing(asked["kept"], [asked["after_ai"]]), After(asked["after_people"]), Back()]
        ),
    )
    begun = time.perf_counter()
    ciw.seed(asked["seed"])
    random.seed(asked["seed"])
    run = ciw.Simulation(network)
    run.simulate_until_max_customers(asked["customers"], method="Arrive")
    took = time.perf_counter() - begun
    records = run.get_all_records()
    visits = sum(1 for record in records if record.node == 1)
    of_people = [r for r in records if r.node == 2 and r.record_type in ("service", "renege")]
    return told(took, visits, [(r.waiting_time, r.record_type == "renege") for r in of_people])


def simpy_queue(asked):
    """M/M/n+M by simpy."""
    draw = random.Random(asked["seed"])
    environment = simpy.Environment()
    servers = simpy.Resource(environment, capacity=asked["servers"])
    waits = []

    def customer():
        came = environment.now
        with servers.request() as turn:
            gives_up = environment.timeout(draw.expovariate(1 / asked["patience"]))
            yield turn | gives_up
            if not turn.triggered:
                waits.append((environment.now - came, True))
                return
            waits.append((environment.now - came, False))
            yield environment.timeout(draw.expovariate(1 / asked["handling"]))

    def arrivals():
        for _ in range(asked["customers"]):
            yield environment.timeout(draw.expovariate(asked["arrivals"]))
            environment.process(customer())

    begun = time.perf_counter()
    environment.process(arrivals())
    environment.run()
    return told(time.perf_counter() - begun, asked["customers"], waits)


def told(took, customers, waits):
    count = max(1, len(waits))
    return {
        "seconds": took,
        "customers": customers,
        "wait": sum(wait for wait, _ in waits) / count,
        "gave_up": sum(gone for _, gone in waits) / count,
    }


RUNS = {"ciw": ciw_queue, "ciw network": ciw_network, "simpy": simpy_queue}

print(json.dumps({"ciw": ciw.__version__, "simpy": simpy.__version__}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(RUNS[asked["by"]](asked)), flush=True)
