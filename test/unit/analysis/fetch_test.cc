// Asking backends: pace, retries, shared answers, redirects; all on virtual time.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/test/unit_test.hpp>

#include "analysis/fetch/fetcher.h"
#include "test/unit/kube/scripted_transport.h"

namespace sluice::analysis {
namespace {

using kube::Duration;
using kube::Fault;
using kube::HttpRequest;
using kube::HttpResponse;
using kube::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;

const kube::Time noon = kube::parse_time("2026-01-02T12:00:00Z").value();

BOOST_AUTO_TEST_SUITE(fetch_tests, *boost::unit_test::timeout(30))

BOOST_AUTO_TEST_CASE(answers_that_say_later_are_asked_again_within_the_deadline) {
  const RetryRules rules;
  const struct {
    unsigned status;
    const char* retry_after;
    int attempt;
    Duration left;
    std::optional<Duration> least, most;  // of the wait
  } rows[] = {
      {200, "", 1, seconds{30}, std::nullopt, std::nullopt},
      {404, "5", 1, seconds{30}, std::nullopt, std::nullopt},
      {501, "", 1, seconds{30}, std::nullopt, std::nullopt},
      {500, "", 1, seconds{30}, milliseconds{500}, milliseconds{625}},
      {503, "", 2, seconds{30}, milliseconds{750}, milliseconds{1250}},
      {503, "", 3, seconds{30}, milliseconds{1500}, milliseconds{2500}},
      {503, "", 4, seconds{30}, std::nullopt, std::nullopt},  // enough
      {503, "", 1, milliseconds{400}, std::nullopt, std::nullopt},
      {429, "7", 1, seconds{30}, seconds{7}, seconds{7}},
      {429, "30", 1, seconds{30}, std::nullopt, std::nullopt},
      {429, "-1", 1, seconds{30}, milliseconds{500}, milliseconds{625}},
      {429, "soon", 1, seconds{30}, milliseconds{500}, milliseconds{625}},
      {429, "Fri, 02 Jan 2026 12:00:09 GMT", 1, seconds{30}, seconds{9}, seconds{9}},
      {429, "Fri, 02 Jan 2026 11:00:00 GMT", 1, seconds{30}, milliseconds{500}, milliseconds{625}},
  };
  for (const auto& row : rows)
    for (const std::uint64_t seed : {1U, 2U, 77U}) {
      const auto wait = wait_before_retry({row.status, row.retry_after, row.attempt}, rules, noon, row.left, seed);
      BOOST_TEST(wait.has_value() == row.least.has_value(), row.status << " " << row.retry_after);
      if (wait && row.least) BOOST_TEST((*wait >= *row.least && *wait <= *row.most), wait->count());
    }
  BOOST_TEST((wait_before_retry({500, "", 3}, rules, noon, seconds{30}, 1) !=
              wait_before_retry({500, "", 3}, rules, noon, seconds{30}, 2)));  // a fleet does not return at one moment
}

BOOST_AUTO_TEST_CASE(a_pace_lets_bursts_through_and_then_keeps_its_rate) {
  Pace pace({10, 3});  // ten a second, three at once
  for (const auto& [now, wait] : {std::pair(0, 0), std::pair(0, 0), std::pair(0, 0), std::pair(0, 100),
                                  std::pair(0, 200), std::pair(50, 250), std::pair(1000, 0)})
    BOOST_TEST(pace.take(milliseconds{now}, seconds{10})->count() == Duration{milliseconds{wait}}.count(), now);
  Pace slow({1, 1});
  BOOST_TEST(slow.take(seconds{0}, seconds{5}).has_value());
  BOOST_TEST(slow.take(seconds{0}, seconds{5}).has_value());
  BOOST_TEST(!slow.take(seconds{0}, seconds{1}).has_value());  // the deadline would be over; no place is taken
  BOOST_TEST(slow.take(seconds{0}, seconds{5})->count() == Duration{seconds{2}}.count());
  slow.hold_until(seconds{60});
  BOOST_TEST(slow.held_for(seconds{10}).count() == Duration{seconds{50}}.count());
  BOOST_TEST(!slow.take(seconds{10}, seconds{30}).has_value());
  BOOST_TEST(slow.take(seconds{10}, seconds{90})->count() == Duration{seconds{50}}.count());
}

// A wire whose answers a test writes down, on virtual time.
struct Wire : kube::test::Loop {
  std::vector<HttpRequest> sent;
  std::vector<Duration> sent_at;
  Duration takes{0};
  int under_way = 0, most_under_way = 0;
  std::function<Result<HttpResponse>(const HttpRequest&)> answer = [](const HttpRequest&) { return ok(); };
  FetchLimits limits;
  std::unique_ptr<Fetcher> fetcher;
  const Duration start = clock.elapsed();

  static HttpResponse ok() { return {200, {}, "1"}; }
  static HttpResponse later(unsigned status, const char* retry_after) {
    HttpResponse response{status, {}, ""};
    if (*retry_after) response.headers.add("Retry-After", retry_after);
    return response;
  }

  net::awaitable<Result<HttpResponse>> exchange(HttpRequest request) {
    sent.push_back(request);
    sent_at.push_back(clock.elapsed() - start);
    struct Count {
      int& now;
      ~Count() { --now; }
    };
    most_under_way = std::max(most_under_way, ++under_way);
    const Count count{under_way};
    const Duration wait = std::min(takes, request.deadline.value_or(takes));
    co_await clock.sleep_for(wait);
    if (wait < takes) co_return kube::Error{Fault::timeout, "no answer in time"};
    co_return answer(request);
  }
  Fetcher& fetch() {
    if (!fetcher)
      fetcher = std::make_unique<Fetcher>([this](HttpRequest request, bool) { return exchange(std::move(request)); },
                                          clock, limits);
    return *fetcher;
  }
  static FetchOrder order(std::string url = "http://metrics/q?1") {
    FetchOrder made;
    made.request.url = std::move(url);
    made.request.deadline = seconds{30};
    made.ns = "shop";
    return made;
  }
  Result<HttpResponse> ask(FetchOrder made) { return run(fetch().fetch(std::move(made))); }
  // Starts the orders at one moment and gives the answers in order once all have one.
  std::vector<std::string> ask_all(std::vector<FetchOrder> orders) {
    std::vector<std::string> answers(orders.size());
    for (std::size_t at = 0; at < orders.size(); ++at)
      net::co_spawn(io, fetch().fetch(std::move(orders[at])),
                    [&answers, at](std::exception_ptr failed, Result<HttpResponse> answer) {
                      answers[at] = failed ? "failed" : answer ? answer->body : answer.error().message;
                    });
    clock.run_for(std::chrono::minutes{3});
    return answers;
  }
};

BOOST_FIXTURE_TEST_CASE(the_moment_of_the_first_request_is_told_also_to_those_that_share_its_answer, Wire) {
  limits.pace = {1, 1};
  takes = milliseconds{100};
  std::optional<kube::Time> first, second, same;
  std::vector<FetchOrder> orders{order("http://metrics/q?1"), order("http://metrics/q?2"), order("http://metrics/q?2")};
  orders[0].sent_at = &first;
  orders[1].sent_at = &second;
  orders[2].sent_at = &same;
  const kube::Time begun = clock.now();
  ask_all(std::move(orders));
  BOOST_REQUIRE((first && second && same));
  BOOST_TEST((*first == begun));
  BOOST_TEST((*second == begun + seconds{1}));  // after it has waited for its turn
  BOOST_TEST((same == second));
  BOOST_TEST(sent.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_busy_backend_is_asked_again_until_it_answers, Wire) {
  answer = [this](const HttpRequest&) { return sent.size() < 3 ? later(503, "") : ok(); };
  BOOST_TEST(ask(order())->body == "1");
  BOOST_TEST(sent.size() == 3u);
  BOOST_TEST(fetch().counters().retries == 2u);
  BOOST_TEST((sent_at[1] >= milliseconds{500} && sent_at[2] >= milliseconds{1250}));
  // Each attempt may only take what is left.
  const Duration left = seconds{30} - sent_at[2];
  BOOST_TEST((*sent[2].deadline >= left && *sent[2].deadline < left + milliseconds{1}));  // in whole milliseconds
}

BOOST_FIXTURE_TEST_CASE(the_last_answer_is_given_when_the_backend_stays_busy, Wire) {
  answer = [](const HttpRequest&) { return later(500, ""); };
  BOOST_TEST(ask(order())->status == 500u);
  BOOST_TEST(sent.size() == 4u);
}

BOOST_FIXTURE_TEST_CASE(what_starts_something_is_sent_once, Wire) {
  answer = [](const HttpRequest&) { return later(503, ""); };
  FetchOrder once = order();
  once.repeatable = false;
  BOOST_TEST(ask(once)->status == 503u);
  BOOST_TEST(sent.size() == 1u);
  takes = seconds{1};
  BOOST_TEST(ask_all({once, once}).size() == 2u);
  BOOST_TEST(sent.size() == 3u);  // each of them is a request of its own
}

BOOST_FIXTURE_TEST_CASE(a_pause_that_the_backend_wants_holds_for_all_who_ask_it, Wire) {
  answer = [this](const HttpRequest&) { return sent.size() == 1 ? later(429, "10") : ok(); };
  const auto answers = ask_all({order("http://metrics/a"), order("http://other/b")});
  BOOST_TEST(answers[0] == "1");
  BOOST_TEST(sent_at[1].count() == 0);  // the other backend wants no pause
  BOOST_TEST((sent_at[2] >= seconds{10} && sent_at[2] < seconds{11}));

  answer = [](const HttpRequest&) { return later(429, "60"); };
  BOOST_TEST(ask(order("http://metrics/c"))->status == 429u);  // 60 s do not fit in the deadline of 30 s
  const std::size_t before = sent.size();
  const auto refused = ask(order("http://metrics/d"));
  BOOST_REQUIRE(!refused);
  BOOST_TEST((refused.error().fault == Fault::throttled));
  BOOST_TEST(refused.error().message == "the backend wants no requests for another 1m0s (Retry-After)");
  BOOST_TEST(sent.size() == before);  // nothing was sent
}

BOOST_FIXTURE_TEST_CASE(equal_questions_at_one_moment_are_one_request, Wire) {
  takes = milliseconds{200};
  FetchOrder other_header = order(), other_body = order(), other_ns = order(), other_certificate = order();
  other_header.request.headers.add("Authorization", "Bearer other");
  other_body.request.body = "x";
  other_ns.ns = "bank";
  other_certificate.verify = false;
  const auto answers = ask_all({order(), order(), order(), other_header, other_body, other_ns, other_certificate});
  for (const std::string& given : answers) BOOST_TEST(given == "1");
  BOOST_TEST(sent.size() == 5u);
  BOOST_TEST(fetch().counters().shared == 2u);
  BOOST_TEST(sent[0].partition == "shop");
  BOOST_TEST(sent[3].partition == "bank");
}

BOOST_FIXTURE_TEST_CASE(an_answer_is_given_to_those_who_ask_a_moment_later_and_not_later, Wire) {
  BOOST_TEST(ask(order())->body == "1");
  clock.run_for(milliseconds{400});
  ask(order());
  BOOST_TEST(sent.size() == 1u);
  clock.run_for(milliseconds{100});
  ask(order());
  BOOST_TEST(sent.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_bad_answer_is_not_kept, Wire) {
  answer = [](const HttpRequest&) { return HttpResponse{404, {}, ""}; };
  BOOST_TEST(ask(order())->status == 404u);
  answer = [](const HttpRequest&) { return ok(); };
  BOOST_TEST(ask(order())->status == 200u);
}

BOOST_FIXTURE_TEST_CASE(when_the_one_who_asks_is_stopped_another_asks, Wire) {
  takes = seconds{2};
  net::cancellation_signal stop;
  std::string first, second;
  const auto told = [](std::string& to) {
    return [&to](std::exception_ptr failed, Result<HttpResponse> answer) {
      to = failed ? "stopped" : answer ? answer->body : answer.error().message;
    };
  };
  net::co_spawn(io, fetch().fetch(order()), net::bind_cancellation_slot(stop.slot(), told(first)));
  net::co_spawn(io, fetch().fetch(order()), told(second));
  clock.run_for(seconds{1});
  stop.emit(net::cancellation_type::terminal);
  clock.run_for(seconds{1});
  BOOST_TEST(first == "stopped");
  BOOST_TEST(second == "");
  clock.run_for(seconds{2});
  BOOST_TEST(second == "1");
  BOOST_TEST(sent.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(a_backend_is_asked_by_so_many_at_once_and_no_more, Wire) {
  limits.concurrent = 4;
  takes = seconds{1};
  std::vector<FetchOrder> orders;
  for (int i = 0; i < 20; ++i) orders.push_back(order("http://metrics/" + std::to_string(i)));
  for (const std::string& given : ask_all(orders)) BOOST_TEST(given == "1");
  BOOST_TEST(most_under_way == 4);
  BOOST_TEST((sent_at.back() == seconds{4}));
}

BOOST_FIXTURE_TEST_CASE(who_waits_for_a_turn_waits_no_longer_than_the_deadline, Wire) {
  limits.concurrent = 1;
  takes = seconds{100};
  FetchOrder silent = order("http://metrics/silent"), patient = order("http://metrics/patient");
  silent.request.deadline = seconds{60};
  patient.request.deadline = seconds{10};
  const auto answers = ask_all({silent, patient});
  BOOST_TEST(answers[0] == "no answer in time");
  BOOST_TEST(answers[1] == "the backend was busy with 1 other requests until the deadline");
  BOOST_TEST(sent.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(redirects_are_followed_within_one_origin_only, Wire) {
  const struct {
    unsigned status;
    const char *location, *method, *result, *then;
  } rows[] = {
      {302, "/other?x=1", "GET", "1", "GET http://metrics:9090/other?x=1"},
      {307, "http://metrics:9090/moved", "POST", "1", "POST http://metrics:9090/moved"},
      {303, "/moved", "POST", "1", "GET http://metrics:9090/moved"},
      {302, "http://b.example/x", "GET", "redirect to another host refused: \"b.example\"", ""},
      {307, "https://metrics:9090/x", "POST", "redirect to another host refused: \"metrics\"", ""},
      {302, "http://metrics:9091/x", "GET", "redirect to another host refused: \"metrics\"", ""},
      {302, "http://169.254.169.254/latest", "GET", "redirect to another host refused: \"169.254.169.254\"", ""},
      {302, "//10.0.0.1/x", "GET", "redirect to another host refused: \"10.0.0.1\"", ""},
      {302, "http://u:p@metrics:9090/x", "GET", "redirect to another host refused: \"metrics\"", ""},
      {302, "ht tp:// bad", "GET", "redirect to something that is no URL refused", ""},
  };
  limits.shared_for = Duration{0};
  for (const auto& row : rows) {
    sent.clear();
    answer = [&](const HttpRequest&) {
      if (sent.size() > 1) return ok();
      HttpResponse moved{row.status, {}, ""};
      moved.headers.add("Location", row.location);
      return moved;
    };
    FetchOrder made = order("http://metrics:9090/start");
    made.request.method = row.method;
    made.request.body = std::string_view(row.method) == "POST" ? "body" : "";
    const auto result = ask(made);
    BOOST_TEST((result ? result->body : result.error().message) == row.result, row.location);
    BOOST_REQUIRE(sent.size() == (*row.then ? 2u : 1u));
    if (*row.then) {
      BOOST_TEST(sent[1].method + " " + sent[1].url == row.then);
      BOOST_TEST(sent[1].body == (sent[1].method == "POST" ? "body" : ""));
    }
  }
  answer = [](const HttpRequest&) {
    HttpResponse moved{302, {}, ""};
    moved.headers.add("Location", "/again");
    return moved;
  };
  sent.clear();
  BOOST_TEST(ask(order()).error().message == "more than 3 redirects");
  BOOST_TEST(sent.size() == 4u);
}

BOOST_FIXTURE_TEST_CASE(a_compressed_answer_is_refused, Wire) {
  answer = [](const HttpRequest&) {
    HttpResponse packed{200, {}, "\x1f\x8b"};
    packed.headers.add("Content-Encoding", "gzip");
    return packed;
  };
  BOOST_TEST(ask(order()).error().message == "the answer is compressed (gzip) although it was not asked for");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
