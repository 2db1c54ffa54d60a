// A text of which few different ones exist, such as a phase or the reason of a condition; equal ones share memory.
#pragma once

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

namespace sluice::crds {

// Immutable; assign another one to change it.
class Word {
 public:
  Word() = default;
  Word(std::string_view text);
  Word(const std::string& text) : Word(std::string_view(text)) {}
  Word(const char* text) : Word(std::string_view(text)) {}

  std::string_view view() const { return text_ ? std::string_view(*text_) : std::string_view(); }
  std::string text() const { return std::string(view()); }
  operator std::string_view() const { return view(); }
  bool empty() const { return view().empty(); }

  friend bool operator==(const Word& left, const Word& right) {
    return left.text_ == right.text_ || left.view() == right.view();
  }
  friend bool operator==(const Word& left, std::string_view right) { return left.view() == right; }
  friend bool operator==(const Word& left, const std::string& right) { return left.view() == right; }
  friend bool operator==(const Word& left, const char* right) { return left.view() == right; }
  friend std::ostream& operator<<(std::ostream& to, const Word& word) { return to << word.view(); }

 private:
  std::shared_ptr<const std::string> text_;  // null for ""
};

}  // namespace sluice::crds
