// Tells people what happened to an object, as core/v1 Events, without holding anything up.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "kube/client.h"
#include "kube/clock.h"
#include "kube/log.h"
#include "kube/tasks.h"

namespace sluice::kube {

struct ObjectReference {
  std::string api_version;
  std::string kind;
  std::string ns;  // "" for cluster-scoped objects; their events stand in the namespace "default"
  std::string name;
  std::string uid;
  std::string resource_version;  // may be ""
};

struct EventText {
  bool is_warning = false;  // type Warning, else Normal
  std::string reason;       // one word: "RolloutPaused"
  std::string message;
};

struct EventLimits {
  std::size_t pending = 10'000;    // events that wait for the server; more are dropped, counted and logged
  std::size_t remembered = 4'096;  // events that an equal one is counted on instead of being posted anew
  Duration equal_within = std::chrono::minutes(10);
  int attempts = 12;  // for one event while the server is away
};

// Posts events one at a time and in order, so that writes never wait for them. An event that equals one before it
// (object, type, reason and message) within ten minutes raises that one's count. Nothing else is held back. One
// thread; outlives the task that start() begins, and is outlived by client, clock and log.
class EventRecorder {
 public:
  EventRecorder(Client& client, Clock& clock, const Log& log, std::string component,
                std::string reporting_instance = "", EventLimits limits = {});

  // Sends what is recorded until `tasks` are stopped.
  void start(Tasks& tasks);
  // Returns at once.
  void record(const ObjectReference& about, const EventText& text);
  // Waits until everything has been sent, or for `limit`.
  net::awaitable<void> drain(Duration limit);

  std::size_t pending() const { return queue_.size(); }
  // Events that nobody will see: the queue was full, or the server refused them.
  std::uint64_t dropped() const { return dropped_; }

 private:
  struct Pending {
    std::string identity;  // what makes it equal to another one
    ObjectReference about;
    EventText text;
    Time first;
    Time last;
    std::int64_t count = 1;
  };
  // An event on the server, for equal ones to come.
  struct Posted {
    std::string identity;
    ObjectKey key;
    Time first;
    Time last;
    std::int64_t count = 1;
  };

  net::awaitable<void> run();
  net::awaitable<void> deliver(Pending event);
  net::awaitable<Result<>> send(const Pending& event);
  net::awaitable<Result<>> post(const Pending& event);
  Posted* remembered(const Pending& event);
  void remember(Posted posted);
  void forget(const std::string& identity);
  std::string new_name(const std::string& object);
  std::string body_of(const Pending& event, const ObjectKey& key) const;

  Client& client_;
  Clock& clock_;
  const Log& log_;
  std::string component_;
  std::string instance_;
  EventLimits limits_;
  std::list<Pending> queue_;                                               // the first one may be on its way
  std::unordered_map<std::string, std::list<Pending>::iterator> waiting_;  // those of queue_ that are not being sent
  std::list<Posted> posted_;                                               // the last used first
  std::unordered_map<std::string, std::list<Posted>::iterator> posted_by_identity_;
  net::steady_timer* idle_ = nullptr;     // cancelled to wake the sender
  net::steady_timer* drainer_ = nullptr;  // cancelled to wake who waits for the end
  std::int64_t last_stamp_ = 0;
  std::uint64_t dropped_ = 0;
  bool is_full_ = false;          // a full queue has been logged
  std::optional<Fault> refusal_;  // the refusal that has been logged
};

}  // namespace sluice::kube
