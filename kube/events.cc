// Collapsing, queueing and posting events.
#include "kube/events.h"

#include <algorithm>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

#include "kube/backoff.h"

namespace sluice::kube {
namespace {

constexpr BackoffLimits retry_limits{std::chrono::milliseconds(200), std::chrono::seconds(30)};
constexpr std::size_t longest_name = 253;

std::string identity_of(const ObjectReference& about, const EventText& text) {
  std::string identity;
  for (const std::string* part :
       {&about.api_version, &about.kind, &about.ns, &about.name, &about.uid, &text.reason, &text.message})
    identity.append(*part).push_back('\0');
  return identity.append(text.is_warning ? "W" : "N");
}

// Waits until `slot` is cancelled by somebody.
net::awaitable<void> wait_on(net::steady_timer*& slot) {
  net::steady_timer timer(co_await net::this_coro::executor, net::steady_timer::time_point::max());
  struct Reset {
    net::steady_timer*& slot;
    ~Reset() { slot = nullptr; }
  };
  const Reset reset{slot};
  slot = &timer;
  boost::system::error_code error;
  co_await timer.async_wait(net::redirect_error(net::use_awaitable, error));
}

}  // namespace

EventRecorder::EventRecorder(Client& client, Clock& clock, const Log& log, std::string component,
                             std::string reporting_instance, EventLimits limits)
    : client_(client),
      clock_(clock),
      log_(log),
      component_(std::move(component)),
      instance_(std::move(reporting_instance)),
      limits_(limits) {}

void EventRecorder::start(Tasks& tasks) { tasks.start("events", run()); }

void EventRecorder::record(const ObjectReference& about, const EventText& text) {
  std::string identity = identity_of(about, text);
  const Time now = clock_.now();
  if (const auto equal = waiting_.find(identity); equal != waiting_.end()) {
    equal->second->last = now;
    ++equal->second->count;
    return;
  }
  if (queue_.size() >= limits_.pending) {
    ++dropped_;
    if (!std::exchange(is_full_, true))
      log_.warning("too many events wait for the server; new ones are dropped",
                   {{"waiting", std::to_string(queue_.size())}});
    return;
  }
  Pending event;
  event.identity = identity;
  event.about = about;
  event.text = text;
  event.first = now;
  event.last = now;
  queue_.push_back(std::move(event));
  waiting_.emplace(std::move(identity), std::prev(queue_.end()));
  if (idle_) idle_->cancel();
}

net::awaitable<void> EventRecorder::drain(Duration limit) {
  using namespace net::experimental::awaitable_operators;
  if (queue_.empty()) co_return;
  co_await (wait_on(drainer_) || clock_.sleep_for(limit));
}

net::awaitable<void> EventRecorder::run() {
  for (;;) {
    while (queue_.empty()) co_await wait_on(idle_);
    // From now on an equal event is a new one; it finds this one posted.
    waiting_.erase(queue_.front().identity);
    Pending event = queue_.front();
    co_await deliver(std::move(event));
    queue_.pop_front();
    if (!queue_.empty()) continue;
    is_full_ = false;
    if (drainer_) drainer_->cancel();
  }
}

net::awaitable<void> EventRecorder::deliver(Pending event) {
  for (int attempt = 1;; ++attempt) {
    const Result<> sent = co_await send(event);
    if (sent) {
      refusal_.reset();
      co_return;
    }
    const Fault fault = sent.error().fault;
    if (refusal_ != fault)
      log_.warning("an event was not accepted", {{"object", event.about.kind + " " + event.about.name},
                                                 {"reason", event.text.reason},
                                                 {"error", sent.error().message}});
    refusal_ = fault;
    if (!is_transient(fault) || attempt >= limits_.attempts) {
      ++dropped_;
      co_return;
    }
    co_await clock_.sleep_for(jittered_backoff_after(attempt, retry_limits, stable_hash(event.identity)));
  }
}

net::awaitable<Result<>> EventRecorder::send(const Pending& event) {
  Posted* known = remembered(event);
  if (!known) co_return co_await post(event);
  const std::int64_t count = known->count + event.count;
  const ObjectKey key = known->key;
  json::object body;
  body["count"] = count;
  body["lastTimestamp"] = format_time(event.last);
  Patch patch;
  patch.type = PatchType::merge;
  patch.body = print_json(body);
  const Result<json::value> patched = co_await client_.patch(resources::events, key, std::move(patch));
  if (patched) {
    known = remembered(event);
    if (known) {
      known->count = count;
      known->last = event.last;
    }
    co_return Result<>{};
  }
  if (patched.error().fault != Fault::not_found) co_return patched.error();
  // The server keeps events for an hour or so.
  forget(event.identity);
  co_return co_await post(event);
}

net::awaitable<Result<>> EventRecorder::post(const Pending& event) {
  // A name may have been used by the process before this one.
  for (int attempt = 0; attempt < 3; ++attempt) {
    ObjectKey key;
    key.ns = event.about.ns.empty() ? "default" : event.about.ns;
    key.name = new_name(event.about.name);
    std::string body = body_of(event, key);
    const Result<json::value> posted = co_await client_.create(resources::events, key.ns, std::move(body));
    if (posted) {
      Posted known;
      known.identity = event.identity;
      known.key = key;
      known.first = event.first;
      known.last = event.last;
      known.count = event.count;
      remember(std::move(known));
      co_return Result<>{};
    }
    if (posted.error().fault != Fault::already_exists) co_return posted.error();
  }
  co_return Error{Fault::already_exists, "no free name was found for an event about " + event.about.name};
}

EventRecorder::Posted* EventRecorder::remembered(const Pending& event) {
  const auto found = posted_by_identity_.find(event.identity);
  if (found == posted_by_identity_.end()) return nullptr;
  if (event.last - found->second->last > limits_.equal_within) {
    forget(event.identity);
    return nullptr;
  }
  posted_.splice(posted_.begin(), posted_, found->second);
  return &posted_.front();
}

void EventRecorder::remember(Posted posted) {
  forget(posted.identity);
  posted_.push_front(std::move(posted));
  posted_by_identity_[posted_.front().identity] = posted_.begin();
  while (posted_.size() > limits_.remembered) {
    posted_by_identity_.erase(posted_.back().identity);
    posted_.pop_back();
  }
}

void EventRecorder::forget(const std::string& identity) {
  const auto found = posted_by_identity_.find(identity);
  if (found == posted_by_identity_.end()) return;
  const auto at = found->second;
  posted_by_identity_.erase(found);
  posted_.erase(at);
}

// "<object>.<nanoseconds in hexadecimal>"; two events of one microsecond differ all the same.
std::string EventRecorder::new_name(const std::string& object) {
  const std::int64_t now = clock_.now().time_since_epoch().count() * 1000;
  last_stamp_ = std::max(now, last_stamp_ + 1);
  const std::string stamp = fmt::format(".{:x}", last_stamp_);
  return object.substr(0, longest_name - stamp.size()) + stamp;
}

std::string EventRecorder::body_of(const Pending& event, const ObjectKey& key) const {
  json::object metadata;
  metadata["name"] = key.name;
  metadata["namespace"] = key.ns;
  json::object about;
  about["kind"] = event.about.kind;
  if (!event.about.ns.empty()) about["namespace"] = event.about.ns;
  about["name"] = event.about.name;
  about["uid"] = event.about.uid;
  about["apiVersion"] = event.about.api_version;
  if (!event.about.resource_version.empty()) about["resourceVersion"] = event.about.resource_version;
  json::object source;
  source["component"] = component_;
  json::object body;
  body["kind"] = "Event";
  body["apiVersion"] = "v1";
  body["metadata"] = std::move(metadata);
  body["involvedObject"] = std::move(about);
  body["reason"] = event.text.reason;
  body["message"] = event.text.message;
  body["source"] = std::move(source);
  body["firstTimestamp"] = format_time(event.first);
  body["lastTimestamp"] = format_time(event.last);
  body["count"] = event.count;
  body["type"] = event.text.is_warning ? "Warning" : "Normal";
  body["eventTime"] = nullptr;
  body["reportingComponent"] = component_;
  body["reportingInstance"] = instance_;
  return print_json(body);
}

}  // namespace sluice::kube
