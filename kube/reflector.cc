// The life of a reflected kind: list, watch, resume, list again.
#include "kube/reflector.h"

#include <optional>
#include <variant>

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include "kube/backoff.h"
#include "kube/watch.h"

namespace sluice::kube {
namespace {

constexpr int page_size = 500;
constexpr BackoffLimits reconnect_limits{std::chrono::milliseconds(200), std::chrono::seconds(30)};
constexpr Duration look_for_missing_kind_every = std::chrono::seconds(30);
constexpr std::int64_t shortest_watch_seconds = 300;
constexpr std::int64_t watch_spread_seconds = 300;
// A watch that lived that long was a good one: what ends it counts as the first failure.
constexpr Duration settled_after = std::chrono::seconds(5);
// How long after the server should have ended a watch it is given up. Only a connection that died in silence meets it.
constexpr Duration overdue_after = std::chrono::seconds(30);
// A line that cannot be read may be sent again at every resumption; a list steps over it.
constexpr int resumptions_before_list = 3;

ObjectKey key_of(const json::value& object) {
  return {std::string(text_at(object, {"metadata", "namespace"})), std::string(text_at(object, {"metadata", "name"}))};
}

// How one watch ended.
struct WatchEnd {
  std::optional<Error> error;  // nullopt when the server ended it in order
  bool made_progress = false;  // an object was added, modified or deleted
};

class Reflection {
 public:
  Reflection(Client& client, Reflected what, StoreSink& store, Clock& clock, const Log& log)
      : client_(client),
        what_(std::move(what)),
        store_(store),
        clock_(clock),
        log_(log),
        seed_(stable_hash(what_.resource.api_version() + "/" + std::string(what_.resource.plural) + "/" + what_.ns +
                              "/" + what_.label_selector,
                          what_.jitter_seed)) {}

  net::awaitable<void> run() {
    for (;;) {
      const Result<> listed = co_await list();
      if (listed) {
        co_await watch_until_list_is_needed();
        continue;
      }
      if (listed.error().fault == Fault::not_found && what_.optional) {
        leave_empty();
        co_await clock_.sleep_for(look_for_missing_kind_every);
        continue;
      }
      // A continuation that expired between two pages is a normal event.
      if (listed.error().fault != Fault::gone) note_trouble(listed.error());
      co_await wait_after_failure();
    }
  }

 private:
  // All pages into the store, and the version to watch from.
  net::awaitable<Result<>> list() {
    store_.begin_list();
    ListOptions options;
    options.label_selector = what_.label_selector;
    // A continuation may expire under a slow client, and would again; then one large answer is the way out.
    options.limit = std::exchange(list_at_once_, false) ? 0 : page_size;
    for (;;) {
      ListOptions page = options;
      const Result<json::value> answer = co_await client_.list(what_.resource, what_.ns, std::move(page));
      if (!answer) {
        list_at_once_ = answer.error().fault == Fault::gone && !options.continue_token.empty() && restarted_list_;
        restarted_list_ = answer.error().fault == Fault::gone;
        co_return answer.error();
      }
      if (const json::value* items = find_at(*answer, {"items"}); items && items->is_array())
        for (const json::value& item : items->get_array()) store_.upsert(item);
      version_ = text_at(*answer, {"metadata", "resourceVersion"});
      options.continue_token = text_at(*answer, {"metadata", "continue"});
      if (options.continue_token.empty()) break;
    }
    restarted_list_ = false;
    store_.end_of_list();
    log_.debug("listed", {{"kind", std::string(what_.resource.plural)}, {"version", version_}});
    co_return Result<>{};
  }

  net::awaitable<void> watch_until_list_is_needed() {
    int unreadable = 0;
    for (;;) {
      const Duration start = clock_.elapsed();
      const WatchEnd end = co_await watch_once();
      if (end.made_progress || clock_.elapsed() - start >= settled_after) {
        failures_ = 0;
        unreadable = 0;
      }
      if (!end.error) {
        if (clock_.elapsed() - start < settled_after) co_await wait_after_failure();
        continue;
      }
      const Fault fault = end.error->fault;
      if (fault == Fault::gone) {
        log_.info("listing again", {{"kind", std::string(what_.resource.plural)}, {"why", end.error->message}});
        // The first time at once; a server that says so again and again is not asked in a tight circle.
        if (failures_ > 0)
          co_await wait_after_failure();
        else
          ++failures_;
        co_return;
      }
      const bool went_away = fault == Fault::not_found && what_.optional;
      if (!went_away) note_trouble(*end.error);
      co_await wait_after_failure();
      if (went_away) co_return;
      // A line over the limit would be sent again and again; a list steps over it.
      if (fault == Fault::invalid) co_return;
      if (fault == Fault::internal && ++unreadable >= resumptions_before_list) co_return;
    }
  }

  net::awaitable<WatchEnd> watch_once() {
    using namespace net::experimental::awaitable_operators;
    const std::int64_t seconds =
        shortest_watch_seconds +
        static_cast<std::int64_t>(stable_hash(version_, seed_) % static_cast<std::uint64_t>(watch_spread_seconds + 1));
    WatchOptions options;
    options.label_selector = what_.label_selector;
    options.resource_version = version_;
    options.timeout_seconds = static_cast<int>(seconds);
    const Duration overdue = std::chrono::seconds(seconds) + overdue_after;
    std::variant<WatchEnd, std::monostate> end = co_await (read_watch(std::move(options)) || clock_.sleep_for(overdue));
    if (end.index() == 0) co_return std::move(std::get<0>(end));
    WatchEnd silent;
    silent.error =
        Error{Fault::timeout, fmt::format("watch {}: the server did not end it in time", what_.resource.plural)};
    co_return silent;
  }

  // Never throws but for cancellation: `||` would wait for the clock before it told of another exception.
  net::awaitable<WatchEnd> read_watch(WatchOptions options) {
    WatchEnd end;
    try {
      end = co_await read_events(std::move(options));
    } catch (const boost::system::system_error& failure) {
      if (failure.code() == net::error::operation_aborted) throw;
      end.error = Error{Fault::internal, failure.what()};
    } catch (const std::exception& failure) {
      end.error = Error{Fault::internal, failure.what()};
    }
    co_return end;
  }

  net::awaitable<WatchEnd> read_events(WatchOptions options) {
    WatchEnd end;
    Result<std::unique_ptr<WatchStream>> stream = co_await client_.watch(what_.resource, what_.ns, std::move(options));
    if (!stream) {
      end.error = stream.error();
      co_return end;
    }
    for (;;) {
      const Result<std::optional<WatchEvent>> event = co_await (*stream)->next();
      if (!event) {
        end.error = event.error();
        co_return end;
      }
      note_recovery();
      if (!event->has_value()) co_return end;
      take(**event);
      if ((*event)->type != WatchType::bookmark) end.made_progress = true;
    }
  }

  void take(const WatchEvent& event) {
    version_ = event.resource_version;
    if (event.type == WatchType::deleted)
      store_.erase(key_of(event.object));
    else if (event.type != WatchType::bookmark)
      store_.upsert(event.object);
  }

  // The kind is not installed, so there is no object of it.
  void leave_empty() {
    store_.begin_list();
    store_.end_of_list();
    failures_ = 0;
    if (std::exchange(was_missing_, true)) return;
    log_.info("the kind is not installed", {{"kind", std::string(what_.resource.plural)}});
  }

  net::awaitable<void> wait_after_failure() {
    ++failures_;
    co_await clock_.sleep_for(jittered_backoff_after(failures_, reconnect_limits, seed_));
  }

  void note_trouble(const Error& error) {
    if (trouble_ == error.fault) return;
    trouble_ = error.fault;
    log_.warning("cannot watch; serving the last known state",
                 {{"kind", std::string(what_.resource.plural)}, {"error", error.message}});
  }

  void note_recovery() {
    was_missing_ = false;
    if (!trouble_) return;
    trouble_.reset();
    log_.info("watching again", {{"kind", std::string(what_.resource.plural)}});
  }

  Client& client_;
  Reflected what_;
  StoreSink& store_;
  Clock& clock_;
  const Log& log_;
  std::uint64_t seed_;
  std::string version_;           // of the newest event or list
  int failures_ = 0;              // in a row
  bool restarted_list_ = false;   // the last list was broken off by 410
  bool list_at_once_ = false;     // the next list takes one page of everything
  bool was_missing_ = false;      // the kind was not installed when it was last looked for
  std::optional<Fault> trouble_;  // what has been logged and is not over
};

}  // namespace

net::awaitable<void> reflect(Client& client, Reflected what, StoreSink& store, Clock& clock, const Log& log) {
  Reflection reflection(client, std::move(what), store, clock, log);
  co_await reflection.run();
}

}  // namespace sluice::kube
