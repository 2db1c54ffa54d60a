// A text of which few different ones exist, such as a phase or the reason of a condition; equal ones share memory.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::crds {

// Immutable, of the size of a pointer; assign another one to change it. May be passed between threads.
class Word {
 public:
  Word() = default;
  Word(std::string_view text);
  Word(const std::string& text) : Word(std::string_view(text)) {}
  Word(const char* text) : Word(std::string_view(text)) {}
  Word(const Word& other) noexcept : entry_(other.entry_) { keep(entry_); }
  Word(Word&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  Word& operator=(Word other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~Word() { release(entry_); }

  std::string_view view() const;
  std::string text() const { return std::string(view()); }
  operator std::string_view() const { return view(); }
  bool empty() const { return entry_ == nullptr; }
  void clear() { *this = Word(); }

  friend bool operator==(const Word& left, const Word& right) {
    return left.entry_ == right.entry_ || left.view() == right.view();
  }
  friend bool operator==(const Word& left, std::string_view right) { return left.view() == right; }
  friend bool operator==(const Word& left, const std::string& right) { return left.view() == right; }
  friend bool operator==(const Word& left, const char* right) { return left.view() == right; }
  friend std::ostream& operator<<(std::ostream& to, const Word& word) { return to << word.view(); }

 private:
  struct Entry;
  struct Table;
  static void keep(Entry* entry) noexcept;
  static void release(Entry* entry) noexcept;

  Entry* entry_ = nullptr;  // null for ""
};

}  // namespace sluice::crds
