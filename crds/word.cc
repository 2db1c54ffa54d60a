// The table of words in use: one for each thread that makes words, so that no lock is needed.
#include "crds/word.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <new>
#include <unordered_set>

namespace sluice::crds {

// The text follows the entry in the same piece of memory. The table itself holds one use.
struct Word::Entry {
  std::atomic<std::uint32_t> uses;
  std::uint32_t size;
  std::size_t hash;

  char* text() { return reinterpret_cast<char*>(this + 1); }
  std::string_view view() { return {text(), size}; }

  static Entry* make(std::string_view text, std::size_t hash) {
    auto* entry =
        new (::operator new(sizeof(Entry) + text.size())) Entry{1, static_cast<std::uint32_t>(text.size()), hash};
    std::memcpy(entry->text(), text.data(), text.size());
    return entry;
  }
};

struct Word::Table {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(Entry* entry) const { return entry->hash; }
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(Entry* left, Entry* right) const { return left == right; }
    bool operator()(std::string_view left, Entry* right) const { return left == right->view(); }
    bool operator()(Entry* left, std::string_view right) const { return left->view() == right; }
  };

  ~Table() {
    for (Entry* entry : entries) release(entry);
  }

  Entry* find_or_make(std::string_view text) {
    if (const auto found = entries.find(text); found != entries.end()) return *found;
    if (entries.size() >= sweep_at) sweep();
    return *entries.insert(Entry::make(text, Hash{}(text))).first;
  }

  // Only this thread can turn one use into two, so an entry that only the table uses stays unused.
  void sweep() {
    std::erase_if(entries, [](Entry* entry) {
      const bool unused = entry->uses.load(std::memory_order_acquire) == 1;
      if (unused) release(entry);
      return unused;
    });
    sweep_at = std::max<std::size_t>(64, entries.size() + entries.size() / 2);
  }

  std::unordered_set<Entry*, Hash, Same> entries;
  std::size_t sweep_at = 64;
};

void Word::keep(Entry* entry) noexcept {
  if (entry) entry->uses.fetch_add(1, std::memory_order_relaxed);
}

void Word::release(Entry* entry) noexcept {
  if (!entry || entry->uses.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  entry->~Entry();
  ::operator delete(entry);
}

Word::Word(std::string_view text) {
  if (text.empty()) return;
  thread_local Table table;
  entry_ = table.find_or_make(text);
  keep(entry_);
}

std::string_view Word::view() const { return entry_ ? entry_->view() : std::string_view(); }

}  // namespace sluice::crds
