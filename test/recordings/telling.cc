// Following a rollout while a person acts on it.
#include "test/recordings/telling.h"

#include <algorithm>
#include <stdexcept>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/json.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "kube/json.h"
#include "kube/watch.h"
#include "test/recordings/acts.h"

namespace sluice::recordings {
namespace {

using namespace net::experimental::awaitable_operators;
using std::chrono::seconds;

constexpr auto look_again = std::chrono::milliseconds(50);
// How much longer than the reference a rollout may take to where a person acts.
constexpr auto patience = seconds(60);

void note(const json::value& rollout, kube::Time began, const kube::Clock& clock, Telling& telling) {
  const Row row = row_of(rollout);
  if (telling.rows.empty() || telling.rows.back().row != row) telling.rows.push_back({clock.now() - began, row});
}

// From the first version of the Rollout on, for ever.
net::awaitable<void> follow(const Recording& recording, Stage stage, kube::Time began, Telling& telling) {
  kube::WatchOptions options;
  options.resource_version = "";
  {
    const auto list = co_await stage.client.list(kube::resources::rollouts, stage.ns, kube::ListOptions());
    if (!list) throw std::runtime_error(list.error().message);
    options.resource_version = kube::text_at(*list, {"metadata", "resourceVersion"});
    for (const json::value& item : list->at("items").as_array())
      if (kube::text_at(item, {"metadata", "name"}) == recording.rollout) note(item, began, stage.clock, telling);
  }
  for (;;) {
    auto stream = co_await stage.client.watch(kube::resources::rollouts, stage.ns, options);
    if (!stream) throw std::runtime_error(stream.error().message);
    for (;;) {
      auto event = co_await (*stream)->next();
      if (!event || !*event) break;
      options.resource_version = (*event)->resource_version;
      const bool is_shown = (*event)->type == kube::WatchType::added || (*event)->type == kube::WatchType::modified;
      if (is_shown && kube::text_at((*event)->object, {"metadata", "name"}) == recording.rollout)
        note((*event)->object, began, stage.clock, telling);
    }
  }
}

// Where the reference was at that time; nullptr when there was no Rollout yet.
const Row* recorded_at(const Recording& recording, kube::Duration at) {
  const Row* found = nullptr;
  for (const TimedRow& timed : recording.rows)
    if (timed.at < at) found = &timed.row;
  return found;
}

// What decides about whether a person would act now: words may differ.
bool is_same_place(const Row& left, const Row& right) {
  return left.phase == right.phase && left.step == right.step && left.stable == right.stable &&
         left.active == right.active;
}

// What lasts until the rollout gets on, which it does by itself.
bool is_passing(const Row* place) { return place != nullptr && place->phase == "Progressing"; }

net::awaitable<void> until_there(const Row* recorded, Stage stage, kube::Time since, std::string what,
                                 Telling& telling) {
  if (recorded == nullptr) co_return;
  for (;;) {
    if (!telling.rows.empty() && is_same_place(telling.rows.back().row, *recorded)) co_return;
    if (stage.clock.now() >= since + patience) break;
    co_await stage.clock.sleep_for(look_again);
  }
  const std::string seen = telling.rows.empty() ? "nothing" : text_of(telling.rows.back().row);
  telling.notes.push_back(fmt::format("{}: the rollout is at \"{}\", not at \"{}\"", what, seen, text_of(*recorded)));
}

net::awaitable<void> act(const Recording& recording, Stage stage, std::size_t first, kube::Time began,
                         Telling& telling) {
  // What was late once stays late: the time between two acts is part of the story.
  kube::Duration late = kube::Duration::zero();
  // Remarks say what the world is like, whoever was not there to hear them.
  for (std::size_t at = 0; at < first; ++at)
    if (recording.acts[at].words.at(0) == "#") co_await carry_out(recording, recording.acts[at], stage, began);
  for (std::size_t at = first; at < recording.acts.size(); ++at) {
    const Act& one = recording.acts[at];
    const kube::Time due = began + one.at + late;
    const Row* place = recorded_at(recording, one.at);
    if (!stage.acts_on_sight || !is_passing(place)) co_await stage.clock.sleep_until(due);
    std::string what = fmt::format("before \"{}\"", fmt::join(one.words, " "));
    co_await until_there(place, stage, std::max(due, stage.clock.now()), std::move(what), telling);
    late += stage.clock.now() - due;
    co_await carry_out(recording, one, stage, began);
  }
  const kube::Duration end = recording.versions.back().at;
  co_await stage.clock.sleep_until(began + end + late);
  const Row* last = recording.rows.empty() ? nullptr : &recording.rows.back().row;
  const kube::Time due = stage.clock.now();
  co_await until_there(last, stage, due, "at the end", telling);
  // A little longer, for what the reference did with its last writes.
  co_await stage.clock.sleep_for(seconds(3));
}

// Never throws but for cancellation: `||` would wait for the other side, which has no end.
net::awaitable<void> act_safely(const Recording& recording, Stage stage, std::size_t first, kube::Time began,
                                Telling& telling, std::string& failure) {
  try {
    co_await act(recording, stage, first, began, telling);
  } catch (const boost::system::system_error&) {
    throw;
  } catch (const std::exception& problem) {
    failure = problem.what();
  }
}

}  // namespace

net::awaitable<void> tell(const Recording& recording, Stage stage, std::size_t first, kube::Time began,
                          Telling& telling) {
  std::string failure;
  co_await (follow(recording, stage, began, telling) || act_safely(recording, stage, first, began, telling, failure));
  if (!failure.empty()) throw std::runtime_error(failure);
  telling.is_over = true;
}

}  // namespace sluice::recordings
