// Two candidates for one Lease of a real API server: one leads at any time, and somebody leads again soon.
#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/leader_election.h"
#include "kube/tasks.h"
#include "test/cluster/cut_transport.h"
#include "test/cluster/expect.h"
#include "test/cluster/world.h"

namespace sluice::cluster_test {
namespace {

using kube::resources::leases;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto lease_length = seconds(3);

// One process, as far as the election is concerned.
struct Candidate {
  Candidate(World& w, const std::string& ns, const std::string& identity)
      : transport(access_as("admin"), w.clock, kube::HttpTransportOptions()),
        cut(transport, w.io),
        election(client, w.clock, w.log, {ns, "leader"}, settings(identity)),
        tasks(w.io.get_executor(), w.log) {
    tasks.start(identity, election.run());
  }
  static kube::LeaseSettings settings(const std::string& identity) {
    return {identity, lease_length, seconds(2), milliseconds(500)};
  }
  kube::HttpTransport transport;
  CutTransport cut;
  kube::Client client{cut};
  kube::LeaderElection election;
  kube::Tasks tasks;
};

struct Fixture {
  World& w = world();
  std::string ns = w.run(w.admin.new_namespace("election"));
  Candidate ada{w, ns, "ada"};
  Candidate bob{w, ns, "bob"};
  bool both_led = false;

  ~Fixture() {
    ada.tasks.stop();
    bob.tasks.stop();
    w.run(wait_for("the end", [this] { return ada.tasks.running() + bob.tasks.running() == 0; }));
  }
  net::awaitable<void> wait_for(std::string what, std::function<bool()> holds) {
    const kube::Time end = w.clock.now() + seconds(30);
    while (!holds() && w.clock.now() < end) {
      both_led |= ada.election.is_leader() && bob.election.is_leader();
      co_await w.clock.sleep_for(milliseconds(10));
    }
    expect(holds(), "waited 30 s for " + what);
  }
  void until(const std::string& what, std::function<bool()> holds) { w.run(wait_for(what, std::move(holds))); }
  Candidate& leader() { return ada.election.is_leader() ? ada : bob; }
  Candidate& other() { return ada.election.is_leader() ? bob : ada; }
  void until_somebody_leads() {
    until("a leader", [&] { return ada.election.is_leader() || bob.election.is_leader(); });
  }
};

BOOST_FIXTURE_TEST_SUITE(election, Fixture)

BOOST_AUTO_TEST_CASE(one_of_two_leads_and_the_lease_says_who) {
  until_somebody_leads();
  const json::value lease = w.run(w.admin.read(leases, {ns, "leader"}));
  BOOST_TEST(kube::text_at(lease, {"spec", "holderIdentity"}) == (&leader() == &ada ? "ada" : "bob"));
  BOOST_TEST(kube::number_at(lease, {"spec", "leaseDurationSeconds"}) == 3);
  until("the other to know", [&] { return other().election.holder() == leader().election.holder(); });
  BOOST_TEST(!both_led);
}

BOOST_AUTO_TEST_CASE(a_leader_that_falls_silent_is_followed_when_its_lease_is_over) {
  until_somebody_leads();
  Candidate& first = leader();
  Candidate& second = other();
  first.cut.cut();
  const kube::Time silent = w.clock.now();
  until("the second to lead", [&] { return second.election.is_leader(); });
  BOOST_TEST((w.clock.now() - silent < lease_length + seconds(3)));
  BOOST_TEST(!first.election.is_leader());
  BOOST_TEST(!both_led);
}

BOOST_AUTO_TEST_CASE(a_leader_that_ends_in_order_gives_the_lease_back) {
  until_somebody_leads();
  Candidate& first = leader();
  Candidate& second = other();
  until("the second to know", [&] { return second.election.holder() == first.election.holder(); });
  first.tasks.stop();
  until("the first to stop", [&] { return first.tasks.running() == 0; });
  w.run(first.election.release());
  const kube::Time released = w.clock.now();
  until("the second to lead", [&] { return second.election.is_leader(); });
  BOOST_TEST((w.clock.now() - released < seconds(2)));
  BOOST_TEST(!both_led);
}

BOOST_AUTO_TEST_CASE(nobody_leads_a_frozen_server_and_somebody_does_when_it_goes_on) {
  until_somebody_leads();
  w.run(w.plane.command("stop kube-apiserver"));
  until("nobody to lead", [&] { return !ada.election.is_leader() && !bob.election.is_leader(); });
  w.run(w.plane.command("cont kube-apiserver"));
  until_somebody_leads();
  BOOST_TEST(!both_led);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
