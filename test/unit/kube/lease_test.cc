// The rules of a lease: who may write at which moment, whatever the clocks of the others say.
#include "kube/lease.h"

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

namespace sluice::kube {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

const Time noon{seconds{1767268800}};

Moment at(Duration elapsed) { return {noon + elapsed, elapsed}; }

LeaseSettings settings_of(const char* identity) {
  LeaseSettings settings;
  settings.identity = identity;
  return settings;
}
const LeaseSettings a = settings_of("a");
const LeaseSettings b = settings_of("b");

LeaseRecord held_by(const char* holder, std::int64_t transitions = 0) {
  LeaseRecord record;
  record.holder = holder;
  record.duration_seconds = 15;
  record.acquired = noon;
  record.renewed = noon;
  record.transitions = transitions;
  return record;
}

// `a` has taken the lease at 0; each test spoils one thing.
LeaseState leading() {
  LeaseState state;
  lease_was_read(state, a, std::nullopt, "", Duration::zero());
  const auto write = std::get<LeaseWrite>(next_lease_action(state, a, at({})));
  lease_was_written(state, a, write.record, "1", Duration::zero());
  return state;
}

BOOST_AUTO_TEST_CASE(begins_by_reading_and_creates_what_is_not_there) {
  LeaseState state;
  BOOST_TEST(std::holds_alternative<LeaseRead>(next_lease_action(state, a, at({}))));
  lease_was_read(state, a, std::nullopt, "", Duration::zero());
  const auto write = std::get<LeaseWrite>(next_lease_action(state, a, at({})));
  BOOST_TEST(write.version.empty());
  BOOST_TEST(write.record.holder == "a");
  BOOST_TEST(write.record.transitions == 0);
  BOOST_TEST(write.record.duration_seconds == 15);
}

BOOST_AUTO_TEST_CASE(renews_every_retry_period_and_keeps_what_it_acquired) {
  const LeaseState state = leading();
  BOOST_TEST((std::get<LeaseWait>(next_lease_action(state, a, at(seconds(1)))).until == seconds(2)));
  const auto write = std::get<LeaseWrite>(next_lease_action(state, a, at(seconds(2))));
  BOOST_TEST(write.version == "1");
  BOOST_TEST((write.record.acquired == noon));
  BOOST_TEST((write.record.renewed == noon + seconds(2)));
  BOOST_TEST(write.record.transitions == 0);
}

BOOST_AUTO_TEST_CASE(ceases_to_lead_at_the_renew_deadline_counted_from_when_the_renewal_was_sent) {
  LeaseState state = leading();
  BOOST_TEST(is_leader(state, a, seconds(10) - milliseconds(1)));
  BOOST_TEST(!is_leader(state, a, seconds(10)));
  // The answer to a renewal that was sent at 2 s comes at 11 s.
  lease_was_written(state, a, held_by("a"), "2", seconds(2));
  BOOST_TEST(is_leader(state, a, seconds(11)));
  BOOST_TEST(!is_leader(state, a, seconds(12)));
}

BOOST_AUTO_TEST_CASE(a_waiting_leader_is_woken_at_its_deadline) {
  LeaseState state = leading();
  lease_attempt_failed(state, a, seconds(9));
  BOOST_TEST((std::get<LeaseWait>(next_lease_action(state, a, at(seconds(9)))).until == seconds(10)));
}

BOOST_AUTO_TEST_CASE(a_follower_waits_for_the_whole_duration_since_it_saw_a_change) {
  LeaseState state;
  lease_was_read(state, b, held_by("a"), "1", seconds(100));
  BOOST_TEST((std::get<LeaseWait>(next_lease_action(state, b, at(seconds(100)))).until == seconds(102)));
  BOOST_TEST(std::holds_alternative<LeaseRead>(next_lease_action(state, b, at(seconds(102)))));
  lease_was_read(state, b, held_by("a"), "1", seconds(114));
  BOOST_TEST(std::holds_alternative<LeaseWait>(next_lease_action(state, b, at(seconds(114)))));
  lease_was_read(state, b, held_by("a"), "1", seconds(115));
  const auto write = std::get<LeaseWrite>(next_lease_action(state, b, at(seconds(115))));
  BOOST_TEST(write.record.holder == "b");
  BOOST_TEST(write.record.transitions == 1);
  BOOST_TEST(write.version == "1");
}

BOOST_AUTO_TEST_CASE(the_times_in_the_record_do_not_count_only_that_they_change) {
  LeaseState state;
  LeaseRecord record = held_by("a");
  record.renewed = noon - hours(10);
  lease_was_read(state, b, record, "1", seconds(100));
  record.renewed = noon - hours(9);
  lease_was_read(state, b, record, "2", seconds(114));
  lease_was_read(state, b, record, "2", seconds(120));
  BOOST_TEST(std::holds_alternative<LeaseWait>(next_lease_action(state, b, at(seconds(120)))));
  record.renewed = noon + hours(10);
  lease_was_read(state, b, record, "2", seconds(125));
  lease_was_read(state, b, record, "2", seconds(140));
  BOOST_TEST(std::holds_alternative<LeaseWrite>(next_lease_action(state, b, at(seconds(140)))));
}

BOOST_AUTO_TEST_CASE(a_released_lease_is_taken_at_once) {
  LeaseState state;
  lease_was_read(state, b, held_by("", 3), "7", seconds(100));
  const auto write = std::get<LeaseWrite>(next_lease_action(state, b, at(seconds(100))));
  BOOST_TEST(write.record.transitions == 4);
  BOOST_TEST((write.record.acquired == noon + seconds(100)));
}

BOOST_AUTO_TEST_CASE(a_leader_that_sees_another_holder_ceases_at_once) {
  LeaseState state = leading();
  lease_was_contested(state, a, seconds(2));
  BOOST_TEST(is_leader(state, a, seconds(2)));
  BOOST_TEST((std::get<LeaseWait>(next_lease_action(state, a, at(seconds(2)))).until <= seconds(3)));
  BOOST_TEST(std::holds_alternative<LeaseRead>(next_lease_action(state, a, at(seconds(3)))));
  lease_was_read(state, a, held_by("b", 1), "9", seconds(3));
  BOOST_TEST(!is_leader(state, a, seconds(3)));
  BOOST_TEST(std::holds_alternative<LeaseWait>(next_lease_action(state, a, at(seconds(3)))));
}

BOOST_AUTO_TEST_CASE(after_a_lost_answer_it_reads_before_it_writes) {
  LeaseState state = leading();
  lease_attempt_failed(state, a, seconds(2));
  BOOST_TEST(std::holds_alternative<LeaseRead>(next_lease_action(state, a, at(seconds(4)))));
  lease_was_read(state, a, held_by("a"), "2", seconds(4));
  BOOST_TEST(std::get<LeaseWrite>(next_lease_action(state, a, at(seconds(4)))).version == "2");
  // Reading one's own name renews nothing.
  BOOST_TEST(!is_leader(state, a, seconds(10)));
}

BOOST_AUTO_TEST_CASE(taking_one_s_own_lease_again_keeps_the_epoch) {
  LeaseState state = leading();
  lease_attempt_failed(state, a, seconds(30));
  lease_was_read(state, a, held_by("a", 5), "2", seconds(32));
  const auto write = std::get<LeaseWrite>(next_lease_action(state, a, at(seconds(32))));
  BOOST_TEST(write.record.transitions == 5);
  BOOST_TEST((write.record.acquired == noon));
}

BOOST_AUTO_TEST_CASE(every_way_of_two_leads_to_at_most_one_leader) {
  // `a` renews at `sent`; `b` sees it at once or late and takes over as early as it may.
  for (int sent = 0; sent < 40; ++sent)
    for (int seen = sent; seen < 40; ++seen) {
      LeaseState first = leading();
      lease_was_written(first, a, held_by("a"), "2", seconds(sent));
      LeaseState second;
      lease_was_read(second, b, held_by("a"), "2", seconds(seen));
      Duration now = seconds(seen);
      while (!std::holds_alternative<LeaseWrite>(next_lease_action(second, b, at(now)))) {
        now += milliseconds(500);
        lease_was_read(second, b, held_by("a"), "2", now);
      }
      BOOST_TEST(!is_leader(first, a, now));
    }
}

BOOST_AUTO_TEST_CASE(releasing_clears_the_holder_under_a_precondition) {
  LeaseState state = leading();
  const std::optional<LeaseWrite> write = lease_release(state, a, noon + seconds(3));
  BOOST_REQUIRE(write);
  BOOST_TEST(write->record.holder.empty());
  BOOST_TEST(write->record.duration_seconds == 1);
  BOOST_TEST(write->version == "1");
  BOOST_TEST(!lease_release(LeaseState{}, a, noon));
  LeaseState follower;
  lease_was_read(follower, b, held_by("a"), "1", {});
  BOOST_TEST(!lease_release(follower, b, noon));
}

BOOST_AUTO_TEST_CASE(the_spec_is_written_and_read_as_kubernetes_does) {
  LeaseRecord record = held_by("me", 2);
  record.renewed = noon + milliseconds(1500);
  const std::string text = print_json(lease_spec(record));
  BOOST_TEST(text == R"({"holderIdentity":"me","leaseDurationSeconds":15,"acquireTime":"2026-01-01T12:00:00.000000Z",)"
                     R"("renewTime":"2026-01-01T12:00:01.500000Z","leaseTransitions":2})");
  const Result<json::value> lease = parse_json("{\"spec\":" + text + "}");
  BOOST_TEST((lease_record_in(*lease) == record));
  BOOST_TEST((lease_record_in(*parse_json("{}")) == LeaseRecord{}));
  BOOST_TEST(controller_lease_name("") == "argo-rollouts-controller-lock");
  BOOST_TEST(controller_lease_name("blue") == "argo-rollouts-controller-lock-blue");
}

BOOST_AUTO_TEST_CASE(settings_under_which_two_could_lead_are_named) {
  BOOST_TEST(!what_is_wrong_with(a));
  LeaseSettings settings = a;
  settings.renew_deadline = settings.duration;
  BOOST_TEST(what_is_wrong_with(settings));
  settings = a;
  settings.retry_period = settings.renew_deadline;
  BOOST_TEST(what_is_wrong_with(settings));
  settings = a;
  settings.retry_period = {};
  BOOST_TEST(what_is_wrong_with(settings));
  BOOST_TEST(what_is_wrong_with(LeaseSettings{}));
}

}  // namespace
}  // namespace sluice::kube
