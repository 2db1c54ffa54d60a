// Holding a decision back until the stores show what this process wrote last.
#include "controller/own_writes.h"

#include <boost/json.hpp>

namespace sluice::controller {
namespace {

using kube::Fault;
using kube::ObjectKey;
using kube::Result;
using kube::Time;
namespace net = kube::net;

// The watch shows a write within milliseconds. When it does not for so long, the server is asked whether the object has
// gone at once and will never be shown; if it is there, the watch is broken or slow, and is waited for.
constexpr kube::Duration patience = std::chrono::seconds(10);
// No watch lives so long. What a new one does not show either has left its selection.
constexpr kube::Duration longest_watch = std::chrono::minutes(12);

}  // namespace

void OwnWrites::add(const ObjectKey& key, const std::vector<WrittenObject>& written) {
  if (written.empty()) return;
  std::vector<WrittenObject>& known = pending_[key].written;
  known.insert(known.end(), written.begin(), written.end());
}

std::vector<WrittenObject> OwnWrites::unseen(const ObjectKey& key) {
  const auto at = pending_.find(key);
  if (at == pending_.end()) return {};
  std::erase_if(at->second.written, [&](const WrittenObject& written) { return is_current(stores_, written); });
  if (!at->second.written.empty()) return at->second.written;
  pending_.erase(at);
  return {};
}

net::awaitable<bool> OwnWrites::are_shown(ObjectKey key) {
  const std::vector<WrittenObject> missing = unseen(key);
  if (missing.empty()) co_return true;
  const Time now = clock_.now();
  const Time since = pending_[key].since.value_or(now);
  pending_[key].since = since;
  if (now < since + patience) {
    queue_.add_at(key, since + patience);
    co_return false;
  }
  bool is_behind = false;
  for (const WrittenObject& written : missing) {
    const Result<boost::json::value> there = co_await client_.get(written.resource, written.key);
    is_behind |= there.has_value() || there.error().fault != Fault::not_found;
  }
  if (unseen(key).empty()) co_return true;
  if (is_behind && now < since + longest_watch) {
    if (now < since + 2 * patience)
      log_.warning("the watch does not show a write; nothing is decided before it does", {{kind_, key.text()}});
    queue_.add_at(key, now + patience);
    co_return false;
  }
  forget(key);
  co_return true;
}

}  // namespace sluice::controller
