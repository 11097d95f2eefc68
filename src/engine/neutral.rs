//! The neutral texts that every video is measured against, see [`NeutralLevel`].

use crate::domain::UnitVector;
use crate::engine::language::Languages;
use crate::engine::{Engine, EngineError, Snapshot, video_index::Revision};
use crate::find::{NeutralLevel, Way};

/// Everyday things and scenes, far apart from each other, in the words of captions.
///
/// A video shows few of them; the robust statistics below ignore those that it does.
const NEUTRAL_TEXTS: [&str; 32] = [
    "a photo of a person",
    "a photo of an animal",
    "a bowl of soup on a table",
    "a page of printed text",
    "an empty room",
    "a busy street with cars",
    "a close-up of a hand",
    "a piece of furniture",
    "a musical instrument",
    "an airplane in the air",
    "people playing sports",
    "a computer screen",
    "a plate with food",
    "a wooden floor",
    "a map of a country",
    "a child with a toy",
    "a boat on a river",
    "a mountain landscape",
    "a bicycle next to a wall",
    "a bottle and a glass",
    "a building with many windows",
    "a crowd at a concert",
    "a flower in a garden",
    "a pair of shoes",
    "a train at a station",
    "a man giving a talk",
    "a woman cooking",
    "a dog running",
    "a blurry picture",
    "an abstract pattern",
    "a drawing",
    "something else",
];

/// The same for a model that reads Korean only.
const KOREAN_TEXTS: [&str; 32] = [
    "사람 사진",
    "동물 사진",
    "식탁 위의 수프 한 그릇",
    "글자가 인쇄된 종이",
    "빈 방",
    "차가 많은 복잡한 거리",
    "손을 가까이에서 찍은 사진",
    "가구",
    "악기",
    "하늘을 나는 비행기",
    "운동하는 사람들",
    "컴퓨터 화면",
    "음식이 담긴 접시",
    "나무 바닥",
    "나라의 지도",
    "장난감을 가진 아이",
    "강 위의 배",
    "산 풍경",
    "벽 옆의 자전거",
    "병과 유리잔",
    "창문이 많은 건물",
    "공연장의 관중",
    "정원의 꽃",
    "신발 한 켤레",
    "역에 있는 기차",
    "강연하는 남자",
    "요리하는 여자",
    "달리는 개",
    "흐릿한 사진",
    "추상적인 무늬",
    "그림",
    "다른 무언가",
];

/// The directions of the neutral texts, and what they score on the video that was asked about last.
pub(super) struct NeutralBank {
    texts: Vec<UnitVector>,
    latest: Option<(Revision, NeutralLevel)>,
}

impl Engine {
    /// What the neutral texts score on what is known of a video.
    pub(super) fn neutral_level(
        &mut self,
        known: &Snapshot<'_>,
    ) -> Result<NeutralLevel, EngineError> {
        let calibration = self.encoder().calibration();
        let bank = self.neutral_bank()?;
        match &bank.latest {
            Some((revision, level)) if *revision == known.revision => Ok(*level),
            _ => {
                let level = NeutralLevel::of(&bank.texts, &known.embeddings, calibration);
                bank.latest = Some((known.revision, level));
                Ok(level)
            }
        }
    }

    /// The directions of the neutral texts.
    ///
    /// # Errors
    /// [`EngineError::Model`] when they cannot be encoded.
    pub fn neutral_directions(&mut self) -> Result<&[UnitVector], EngineError> {
        Ok(&self.neutral_bank()?.texts)
    }

    /// Embeds the texts at the first call.
    pub(super) fn neutral_bank(&mut self) -> Result<&mut NeutralBank, EngineError> {
        let bank = match self.neutral.take() {
            Some(bank) => bank,
            None => {
                let texts = match self.languages()? {
                    Languages::Korean => &KOREAN_TEXTS,
                    Languages::English | Languages::Many => &NEUTRAL_TEXTS,
                };
                NeutralBank {
                    texts: self.embed_texts(texts, &Way::default())?,
                    latest: None,
                }
            }
        };
        Ok(self.neutral.insert(bank))
    }
}
