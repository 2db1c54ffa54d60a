// A reflected store follows the server through every way in which a list or a watch can end.
#include "kube/reflector.h"

#include <boost/json/value.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/fields.h"
#include "kube/packing_fields.h"
#include "kube/tasks.h"
#include "test/unit/kube/scripted_transport.h"

namespace sluice::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using test::answer;
using test::refusal;

struct Thing {
  ObjectMeta meta;
  static void fields(auto& self, auto& visit) { visit("metadata", self.meta); }
};

std::string object(std::string_view name, int version) {
  return R"({"metadata":{"name":")" + std::string(name) + R"(","namespace":"a","uid":"u-)" + std::string(name) +
         R"(","resourceVersion":")" + std::to_string(version) + R"("}})";
}

std::string event(std::string_view type, std::string_view name, int version) {
  return R"({"type":")" + std::string(type) + R"(","object":)" + object(name, version) + "}";
}

std::string page(std::vector<std::string> items, int version, std::string_view next = "") {
  std::string text = R"({"metadata":{"resourceVersion":")" + std::to_string(version) + R"(","continue":")" +
                     std::string(next) + R"("},"items":[)";
  for (std::size_t i = 0; i < items.size(); ++i) text += (i ? "," : "") + items[i];
  return text + "]}";
}

bool has(const ApiRequest& request, std::string_view part) { return request.target.find(part) != std::string::npos; }

// A server that lists x at version 10 and opens a quiet watch; each test spoils one thing.
struct Fixture : test::Loop {
  test::ScriptedTransport transport;
  Client client{transport};
  Store<Thing> store{[](const json::value& value) {
    Mistakes mistakes;
    return std::make_shared<const Thing>(decode<Thing>(value, mistakes));
  }};
  std::vector<std::shared_ptr<test::Script>> watches;  // in the order of opening
  Tasks tasks{io.get_executor(), log};
  Reflected what{resources::pods, "", "", false};

  Fixture() {
    transport.on_send = [](const ApiRequest&) { return answer(200, page({object("x", 7)}, 10)); };
    transport.on_open = [this](const ApiRequest&) { return open_watch(); };
  }
  ~Fixture() {
    tasks.stop();
    clock.settle();
  }
  ApiStream open_watch() {
    watches.push_back(std::make_shared<test::Script>());
    return test::stream_of(watches.back());
  }
  void start() {
    tasks.start("reflect", reflect(client, what, store, clock, log));
    clock.settle();
  }
  bool holds(std::string_view name) const { return store.find({"a", std::string(name)}) != nullptr; }
  std::size_t logged(std::string_view text) const {
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const std::string& line) { return line.find(text) != std::string::npos; }));
  }
};

BOOST_FIXTURE_TEST_SUITE(reflector, Fixture)

BOOST_AUTO_TEST_CASE(lists_and_then_follows_the_watch) {
  start();
  BOOST_TEST(store.is_synced());
  BOOST_TEST(holds("x"));
  BOOST_REQUIRE(watches.size() == 1u);
  BOOST_TEST(has(transport.opened[0], "watch=true"));
  BOOST_TEST(has(transport.opened[0], "resourceVersion=10"));
  BOOST_TEST(has(transport.opened[0], "allowWatchBookmarks=true"));
  watches[0]->line(event("ADDED", "y", 11));
  watches[0]->line(event("MODIFIED", "x", 12));
  clock.settle();
  BOOST_TEST(store.find({"a", "x"})->meta.resource_version == "12");
  watches[0]->line(event("DELETED", "y", 13));
  clock.settle();
  BOOST_TEST(!holds("y"));
}

BOOST_AUTO_TEST_CASE(lists_in_pages) {
  transport.on_send = [](const ApiRequest& request) {
    if (has(request, "continue=two")) return answer(200, page({object("z", 8)}, 10));
    return answer(200, page({object("x", 7)}, 10, "two"));
  };
  start();
  BOOST_TEST(transport.sent.size() == 2u);
  BOOST_TEST(has(transport.sent[0], "limit=500"));
  BOOST_TEST(has(transport.sent[1], "limit=500&continue=two"));
  BOOST_TEST(store.size() == 2u);
  BOOST_TEST(store.is_synced());
}

BOOST_AUTO_TEST_CASE(a_continuation_that_expires_starts_the_list_again_and_at_last_asks_for_all_at_once) {
  transport.on_send = [](const ApiRequest& request) {
    if (has(request, "continue=")) return refusal(410, "Expired", "the continuation is too old");
    if (has(request, "limit=")) return answer(200, page({object("x", 7)}, 10, "two"));
    return answer(200, page({object("x", 7), object("z", 8)}, 12));
  };
  start();
  BOOST_TEST(!store.is_synced());
  clock.run_for(seconds(3));
  BOOST_TEST(store.is_synced());
  BOOST_TEST(store.size() == 2u);
  BOOST_TEST(transport.sent.size() == 5u);
  BOOST_TEST(logged("level=warning") == 0u);
}

BOOST_AUTO_TEST_CASE(a_watch_that_ends_in_order_goes_on_from_the_last_version) {
  start();
  watches[0]->line(event("ADDED", "y", 11));
  watches[0]->line(R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"20"}}})");
  clock.run_for(minutes(4));
  watches[0]->end();
  clock.settle();
  BOOST_REQUIRE(watches.size() == 2u);
  BOOST_TEST(has(transport.opened[1], "resourceVersion=20"));
  BOOST_TEST(transport.sent.size() == 1u);
  BOOST_TEST(!watches[0]->is_open);
}

BOOST_AUTO_TEST_CASE(an_idle_kind_costs_one_watch_in_5_to_10_minutes) {
  transport.on_open = [this](const ApiRequest& request) {
    const std::size_t at = request.target.find("timeoutSeconds=") + 15;
    const int length = std::stoi(request.target.substr(at));
    BOOST_TEST(length >= 300);
    BOOST_TEST(length <= 600);
    const auto script = std::make_shared<test::Script>();
    watches.push_back(script);
    tasks.start("server", [](Clock& time, std::shared_ptr<test::Script> watch, int after) -> net::awaitable<void> {
      co_await time.sleep_for(seconds(after));
      watch->end();
    }(clock, script, length));
    return test::stream_of(script);
  };
  start();
  clock.run_for(std::chrono::hours(1));
  BOOST_TEST(transport.sent.size() == 1u);
  BOOST_TEST(transport.opened.size() >= 7u);
  BOOST_TEST(transport.opened.size() <= 13u);
}

BOOST_AUTO_TEST_CASE(a_version_that_is_too_old_lists_again_while_the_store_serves) {
  start();
  watches[0]->line(event("ADDED", "y", 11));
  clock.run_for(minutes(1));
  transport.on_send = [](const ApiRequest&) { return refusal(503, "ServiceUnavailable", "starting"); };
  watches[0]->line(R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}})");
  clock.run_for(seconds(20));
  BOOST_TEST(holds("x"));
  BOOST_TEST(holds("y"));
  BOOST_TEST(store.is_synced());
  transport.on_send = [](const ApiRequest&) { return answer(200, page({object("y", 11), object("z", 30)}, 40)); };
  clock.run_for(minutes(1));
  BOOST_TEST(!holds("x"));
  BOOST_TEST(holds("y"));
  BOOST_TEST(holds("z"));
  BOOST_REQUIRE(watches.size() == 2u);
  BOOST_TEST(has(transport.opened[1], "resourceVersion=40"));
}

BOOST_AUTO_TEST_CASE(a_410_as_the_answer_to_a_watch_lists_again_at_once_but_never_in_a_tight_circle) {
  start();
  clock.run_for(minutes(1));
  transport.on_open = [](const ApiRequest&) {
    ApiStream stream;
    stream.head = refusal(410, "Expired", "too old");
    return stream;
  };
  watches[0]->end();
  clock.settle();
  BOOST_TEST(transport.sent.size() == 2u);
  clock.run_for(minutes(10));
  BOOST_TEST(transport.sent.size() > 10u);
  BOOST_TEST(transport.sent.size() < 40u);
}

BOOST_AUTO_TEST_CASE(garbage_is_logged_once_and_the_watch_resumes) {
  start();
  watches[0]->line(event("ADDED", "y", 11));
  watches[0]->line(R"({"type":"ADDED","object":{"meta)");
  clock.settle();
  BOOST_TEST(!watches[0]->is_open);
  clock.run_for(seconds(1));
  BOOST_REQUIRE(watches.size() == 2u);
  BOOST_TEST(has(transport.opened[1], "resourceVersion=11"));
  watches[1]->line("<html>");
  clock.run_for(seconds(2));
  BOOST_REQUIRE(watches.size() == 3u);
  BOOST_TEST(logged("level=warning") == 1u);
  watches[2]->line(event("ADDED", "z", 12));
  clock.settle();
  BOOST_TEST(holds("z"));
  BOOST_TEST(logged("watching again") == 1u);
  BOOST_TEST(transport.sent.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_line_that_stays_unreadable_is_stepped_over_by_a_list) {
  start();
  transport.on_open = [this](const ApiRequest& request) {
    ApiStream stream = open_watch();
    if (has(request, "resourceVersion=10&")) watches.back()->line("{");
    return stream;
  };
  transport.on_send = [](const ApiRequest&) { return answer(200, page({object("x", 7)}, 99)); };
  watches[0]->line("{");
  clock.run_for(minutes(1));
  BOOST_TEST(transport.sent.size() == 2u);
  BOOST_TEST(has(transport.opened.back(), "resourceVersion=99"));
  BOOST_TEST(watches.back()->is_open);
}

BOOST_AUTO_TEST_CASE(a_line_over_the_limit_is_stepped_over_by_a_list) {
  start();
  watches[0]->fail(Fault::invalid, "a line of more than 16 MiB");
  clock.run_for(minutes(1));
  BOOST_TEST(transport.sent.size() == 2u);
  BOOST_TEST(watches.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_lost_connection_resumes_soon) {
  start();
  clock.run_for(minutes(3));
  watches[0]->line(event("ADDED", "y", 11));
  watches[0]->fail(Fault::unavailable, "connection reset");
  clock.run_for(milliseconds(250));
  BOOST_REQUIRE(watches.size() == 2u);
  BOOST_TEST(has(transport.opened[1], "resourceVersion=11"));
  BOOST_TEST(transport.sent.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_server_that_is_away_is_asked_with_growing_pauses) {
  start();
  std::vector<Time> asked;
  transport.on_open = [&](const ApiRequest&) -> Result<ApiStream> {
    asked.push_back(clock.now());
    return Error{Fault::unavailable, "connection refused"};
  };
  watches[0]->fail(Fault::unavailable, "connection reset");
  clock.run_for(minutes(5));
  BOOST_REQUIRE(asked.size() > 8u);
  BOOST_TEST(asked.size() < 25u);
  for (std::size_t i = 1; i < asked.size(); ++i) {
    BOOST_TEST((asked[i] - asked[i - 1] >= milliseconds(200)));
    BOOST_TEST((asked[i] - asked[i - 1] <= seconds(30)));
  }
  BOOST_TEST((asked.back() - asked[asked.size() - 2] > seconds(15)));
  BOOST_TEST(logged("level=warning") == 1u);
  BOOST_TEST(holds("x"));
  transport.on_open = [this](const ApiRequest&) { return open_watch(); };
  clock.run_for(seconds(31));
  BOOST_TEST(watches.size() == 2u);
  BOOST_TEST(transport.sent.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_server_that_closes_every_watch_at_once_causes_no_busy_loop) {
  transport.on_open = [this](const ApiRequest&) {
    ApiStream stream = open_watch();
    watches.back()->end();
    return stream;
  };
  start();
  clock.run_for(minutes(10));
  BOOST_TEST(transport.opened.size() > 10u);
  BOOST_TEST(transport.opened.size() < 40u);
}

BOOST_AUTO_TEST_CASE(a_connection_that_died_in_silence_is_given_up) {
  start();
  clock.run_for(minutes(11));
  BOOST_TEST(watches.size() == 2u);
  BOOST_TEST(!watches[0]->is_open);
  BOOST_TEST(transport.sent.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_optional_kind_that_is_missing_counts_as_empty_until_it_appears) {
  what.optional = true;
  transport.on_send = [](const ApiRequest&) { return refusal(404, "NotFound", "no such kind"); };
  start();
  BOOST_TEST(store.is_synced());
  BOOST_TEST(store.size() == 0u);
  clock.run_for(minutes(5));
  BOOST_TEST(transport.sent.size() == 11u);
  BOOST_TEST(logged("not installed") == 1u);
  transport.on_send = [](const ApiRequest&) { return answer(200, page({object("x", 7)}, 10)); };
  clock.run_for(seconds(31));
  BOOST_TEST(holds("x"));
  BOOST_TEST(watches.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_optional_kind_that_goes_away_empties_its_store) {
  what.optional = true;
  start();
  transport.on_send = [](const ApiRequest&) { return refusal(404, "NotFound", "no such kind"); };
  transport.on_open = [](const ApiRequest&) {
    ApiStream stream;
    stream.head = refusal(404, "NotFound", "no such kind");
    return stream;
  };
  watches[0]->end();
  clock.run_for(seconds(5));
  BOOST_TEST(!holds("x"));
  BOOST_TEST(logged("level=warning") == 0u);
}

BOOST_AUTO_TEST_CASE(a_kind_that_is_not_optional_and_missing_is_trouble) {
  transport.on_send = [](const ApiRequest&) { return refusal(404, "NotFound", "no such kind"); };
  start();
  BOOST_TEST(!store.is_synced());
  BOOST_TEST(logged("no such kind") == 1u);
}

BOOST_AUTO_TEST_CASE(two_runs_wait_alike) {
  const auto times_of = [](std::uint64_t seed) {
    Fixture world;
    std::vector<Duration> asked;
    const Time start = world.clock.now();
    world.transport.on_send = [&](const ApiRequest&) -> Result<ApiResponse> {
      asked.push_back(world.clock.now() - start);
      return Error{Fault::unavailable, "away"};
    };
    world.what.jitter_seed = seed;
    world.start();
    world.clock.run_for(minutes(2));
    return asked;
  };
  BOOST_TEST((times_of(1) == times_of(1)));
  BOOST_TEST((times_of(1) != times_of(2)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
