// Two processes, one lease: one leads, and the other takes over when it may and never before.
#include "kube/leader_election.h"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/patch.h"
#include "kube/tasks.h"
#include "test/unit/kube/scripted_transport.h"

namespace sluice::kube {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using test::answer;
using test::refusal;

// The one Lease object of a server.
struct LeaseServer {
  std::optional<json::value> lease;
  int version = 0;

  ApiResponse stored() {
    lease->get_object()["metadata"].get_object()["resourceVersion"] = std::to_string(++version);
    return answer(200, print_json(*lease));
  }
  ApiResponse handle(const ApiRequest& request) {
    if (request.method == "POST") {
      if (lease) return refusal(409, "AlreadyExists", "it exists");
      lease = *parse_json(request.body);
      return stored();
    }
    if (!lease) return refusal(404, "NotFound", "not found");
    if (request.method == "GET") return answer(200, print_json(*lease));
    const json::value patch = *parse_json(request.body);
    if (text_at(patch, {"metadata", "resourceVersion"}) != text_at(*lease, {"metadata", "resourceVersion"}))
      return refusal(409, "Conflict", "it has changed");
    lease = apply_merge_patch(*lease, patch);
    return stored();
  }
  std::string_view holder() const { return lease ? text_at(*lease, {"spec", "holderIdentity"}) : std::string_view(); }
};

enum class Line { good, refused, silent, answers_lost };

// One process's way to the server.
class Wire final : public Transport {
 public:
  explicit Wire(LeaseServer& server) : server_(server) {}
  Line line = Line::good;
  int requests = 0;

  net::awaitable<Result<ApiResponse>> send(ApiRequest request) override {
    ++requests;
    if (line == Line::silent) {
      net::steady_timer never(co_await net::this_coro::executor, net::steady_timer::time_point::max());
      co_await never.async_wait(net::use_awaitable);
    }
    if (line == Line::refused) co_return Error{Fault::unavailable, "connection refused"};
    ApiResponse response = server_.handle(request);
    if (line == Line::answers_lost) co_return Error{Fault::unavailable, "connection reset"};
    co_return response;
  }
  net::awaitable<Result<ApiStream>> open(ApiRequest) override { co_return Error{Fault::internal, "not used"}; }

 private:
  LeaseServer& server_;
};

// A clock that is wrong by a constant, or by one that changes.
class SkewedClock final : public Clock {
 public:
  explicit SkewedClock(Clock& right) : right_(right) {}
  Duration skew{};
  Time now() const override { return right_.now() + skew; }
  net::awaitable<void> sleep_until(Time due) override { return right_.sleep_until(due - skew); }
  net::awaitable<void> sleep_for(Duration length) override { return right_.sleep_for(length); }
  Duration elapsed() const override { return right_.elapsed(); }

 private:
  Clock& right_;
};

struct Process {
  Process(test::Loop& loop, LeaseServer& server, const char* name)
      : wire(server),
        client(wire),
        clock(loop.clock),
        election(client, clock, loop.log, {"kube", "lock"}, settings(name)),
        tasks(loop.io.get_executor(), loop.log) {
    election.listen([this](bool leads) { told.push_back(leads); });
  }
  static LeaseSettings settings(const char* name) {
    LeaseSettings settings;
    settings.identity = name;
    return settings;
  }
  void start() { tasks.start("election", election.run()); }

  Wire wire;
  Client client;
  SkewedClock clock;
  LeaderElection election;
  Tasks tasks;
  std::vector<bool> told;
};

struct Fixture : test::Loop {
  LeaseServer server;
  Process a{*this, server, "a"};
  Process b{*this, server, "b"};

  Fixture() {
    a.start();
    clock.settle();
    b.start();
    clock.settle();
  }
  ~Fixture() {
    a.tasks.stop();
    b.tasks.stop();
    clock.settle();
  }
  // Lets time pass and looks every 50 ms that there are never two leaders.
  void pass(Duration length) {
    const Time end = clock.now() + length;
    while (clock.now() < end) {
      clock.run_for(milliseconds(50));
      BOOST_REQUIRE(!(a.election.is_leader() && b.election.is_leader()));
    }
  }
  std::int64_t transitions() const { return number_at(*server.lease, {"spec", "leaseTransitions"}); }
};

net::awaitable<bool> released(LeaderElection& election) {
  co_await election.release();
  co_return true;
}

BOOST_FIXTURE_TEST_SUITE(leader_election, Fixture)

BOOST_AUTO_TEST_CASE(the_first_leads_and_goes_on_leading_with_one_write_in_two_seconds) {
  BOOST_TEST(a.election.is_leader());
  BOOST_TEST(!b.election.is_leader());
  BOOST_TEST(text_at(*server.lease, {"metadata", "name"}) == "lock");
  BOOST_TEST(text_at(*server.lease, {"spec", "acquireTime"}) == "2026-01-01T00:00:00.000000Z");
  const int before = a.wire.requests;
  pass(minutes(10));
  BOOST_TEST(a.election.is_leader());
  BOOST_TEST(a.wire.requests == before + 300);
  BOOST_TEST(a.told == std::vector<bool>{true});
  BOOST_TEST(b.told.empty());
  BOOST_TEST(b.election.holder() == "a");
}

BOOST_AUTO_TEST_CASE(a_leader_that_dies_is_succeeded_after_the_duration) {
  a.tasks.stop();
  pass(seconds(14));
  BOOST_TEST(!b.election.is_leader());
  pass(seconds(4));
  BOOST_TEST(b.election.is_leader());
  BOOST_TEST(transitions() == 1);
  BOOST_TEST(b.election.epoch() == 1);
}

BOOST_AUTO_TEST_CASE(a_leader_that_is_cut_off_ceases_before_the_other_begins) {
  for (const Line broken : {Line::refused, Line::silent}) {
    Process& leader = a.election.is_leader() ? a : b;
    Process& follower = a.election.is_leader() ? b : a;
    leader.told.clear();
    follower.told.clear();
    leader.wire.line = broken;
    pass(seconds(10));
    BOOST_TEST(!leader.election.is_leader());
    BOOST_TEST(leader.told == std::vector<bool>{false});
    pass(seconds(9));
    BOOST_TEST(follower.election.is_leader());
    leader.wire.line = Line::good;
    pass(minutes(1));
    BOOST_TEST(follower.election.is_leader());
    BOOST_TEST(leader.election.holder() == (&follower == &a ? "a" : "b"));
  }
  BOOST_TEST(transitions() == 2);
}

BOOST_AUTO_TEST_CASE(a_short_outage_costs_nothing) {
  a.wire.line = Line::refused;
  b.wire.line = Line::refused;
  pass(seconds(7));
  a.wire.line = Line::good;
  b.wire.line = Line::good;
  pass(minutes(1));
  BOOST_TEST(a.told == std::vector<bool>{true});
  BOOST_TEST(transitions() == 0);
}

BOOST_AUTO_TEST_CASE(renewals_whose_answers_are_lost_do_not_count_and_do_not_make_two_leaders) {
  a.wire.line = Line::answers_lost;
  pass(seconds(11));
  BOOST_TEST(!a.election.is_leader());
  pass(minutes(1));
  BOOST_TEST(b.election.is_leader() != (server.holder() == "a"));
  a.wire.line = Line::good;
  pass(minutes(1));
  BOOST_TEST(a.election.is_leader() != b.election.is_leader());
}

BOOST_AUTO_TEST_CASE(clocks_that_disagree_by_an_hour_change_nothing) {
  for (const Duration skew : {Duration(hours(1)), Duration(-hours(1))}) {
    b.clock.skew = skew;
    pass(minutes(2));
    BOOST_TEST(a.election.is_leader());
  }
  a.clock.skew = hours(24);
  pass(minutes(2));
  BOOST_TEST(a.election.is_leader());
  BOOST_TEST(transitions() == 0);
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_set_back_does_not_lengthen_the_lead) {
  a.wire.line = Line::refused;
  a.clock.skew = -hours(1);
  pass(seconds(10));
  BOOST_TEST(!a.election.is_leader());
  pass(seconds(9));
  BOOST_TEST(b.election.is_leader());
}

BOOST_AUTO_TEST_CASE(a_released_lease_is_taken_within_the_retry_period) {
  a.tasks.stop();
  clock.settle();
  BOOST_TEST(run(released(a.election), Duration::zero()));
  BOOST_TEST(!a.election.is_leader());
  BOOST_TEST(server.holder().empty());
  pass(seconds(2));
  BOOST_TEST(b.election.is_leader());
  BOOST_TEST(transitions() == 1);
  BOOST_TEST(a.told == (std::vector<bool>{true, false}));
}

BOOST_AUTO_TEST_CASE(releasing_gives_up_soon_when_the_server_is_silent) {
  a.tasks.stop();
  clock.settle();
  a.wire.line = Line::silent;
  BOOST_TEST(run(released(a.election), seconds(3)));
  BOOST_TEST(!a.election.is_leader());
}

BOOST_AUTO_TEST_CASE(releasing_works_after_a_renewal_that_was_not_awaited) {
  a.wire.line = Line::answers_lost;
  pass(seconds(3));
  a.tasks.stop();
  clock.settle();
  a.wire.line = Line::good;
  BOOST_TEST(run(released(a.election), Duration::zero()));
  BOOST_TEST(server.holder().empty());
}

BOOST_AUTO_TEST_CASE(a_follower_releases_nothing) {
  b.tasks.stop();
  clock.settle();
  const int before = b.wire.requests;
  BOOST_TEST(run(released(b.election), Duration::zero()));
  BOOST_TEST(b.wire.requests == before);
  BOOST_TEST(server.holder() == "a");
}

BOOST_AUTO_TEST_CASE(a_leader_whose_lease_was_taken_ceases_at_its_next_renewal) {
  server.lease->get_object()["spec"].get_object()["holderIdentity"] = "stranger";
  server.stored();
  pass(seconds(3));
  BOOST_TEST(!a.election.is_leader());
  BOOST_TEST(!b.election.is_leader());
  pass(seconds(20));
  BOOST_TEST((server.holder() == "a" || server.holder() == "b"));
}

BOOST_AUTO_TEST_CASE(a_lease_that_was_deleted_is_made_again) {
  a.tasks.stop();
  pass(seconds(30));
  BOOST_TEST(b.election.is_leader());
  BOOST_TEST(transitions() == 1);
  server.lease.reset();
  a.start();
  pass(seconds(10));
  BOOST_REQUIRE(server.lease);
  BOOST_TEST(b.election.is_leader());
  BOOST_TEST(transitions() == 2);
}

BOOST_AUTO_TEST_CASE(identities_differ) {
  const std::string identity = new_identity();
  BOOST_TEST(identity != new_identity());
  BOOST_TEST(identity.size() - identity.rfind('_') == 37u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
